"""Alertmanager's classic notation, which it prefers where both of its parsers accept a text.

It knows only classic names, and keeps backslashes that it does not know, so that `"a\\.b"` is a regular expression.
"""

import re
from collections.abc import Iterator

from app.rules.matchers.matcher import Operator

# (?a): Go's \s is ASCII only.
MATCHER = re.compile(r"(?a)\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|=|!=|!~)\s*((?s:.*?))\s*\Z")
ESCAPES = {"n": "\n", '"': '"', "\\": "\\"}
Parts = tuple[str, Operator, str]


def parse_classic(text: str) -> list[Parts] | None:
    """Return the name, the operator and the value of each matcher; None if the text is not in this notation."""
    tokens = list(_tokens(text.removeprefix("{").removesuffix("}")))
    if not tokens[-1].strip():
        tokens.pop()
    found = [_parts(token) for token in tokens]
    return None if None in found else [parts for parts in found if parts is not None]


def _tokens(text: str) -> Iterator[str]:
    """Split at the commas outside quotes."""
    start, is_inside, is_escaped = 0, False, False
    for at, character in enumerate(text):
        if character == "," and not is_inside:
            yield text[start:at]
            start = at + 1
        elif character == '"' and not is_escaped:
            is_inside = not is_inside
        is_escaped = character == "\\" and not is_escaped
    yield text[start:]


def _parts(token: str) -> Parts | None:
    found = MATCHER.match(token)
    value = None if found is None else _unescaped(found[3])
    return None if found is None or value is None else (found[1], Operator(found[2]), value)


def _unescaped(raw: str) -> str | None:
    is_quoted = raw.startswith('"')
    inner = raw[1:] if is_quoted else raw
    pieces: list[str] = []
    at = 0
    while at < len(inner):
        character = inner[at]
        if character == "\\" and at + 1 < len(inner):
            at += 1
            pieces.append(ESCAPES.get(inner[at], f"\\{inner[at]}"))
        elif character == '"':
            return "".join(pieces) if is_quoted and at == len(inner) - 1 else None
        else:
            pieces.append(character)
        at += 1
    return None if is_quoted else "".join(pieces)
