"""Reads matchers in Alertmanager's notation, like `{team="pay",namespace=~"shop-.*"}`.

What Alertmanager accepts is read as it reads it. Beyond that, a name like `alert.host`, whose first part is a namespace
of fields, is a field; a quoted name is always a label.
"""

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from app.rules.matchers.classic import parse_classic
from app.rules.matchers.fields import Fields
from app.rules.matchers.matcher import Matcher, Matchers, Operator
from app.rules.matchers.patterns import InvalidMatcher

MAX_TEXT = 4000
MAX_MATCHERS = 50
TOKEN = re.compile(
    r"""\s*(?:(?P<mark>[{},])|(?P<operator>=~|!=|!~|=)|(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<bare>[^\s{}!=~,\\"'`]+))""",
    re.DOTALL,
)
ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)", re.DOTALL)
CONTROLS = dict(zip('abfnrtv\\"', '\a\b\f\n\r\t\v\\"', strict=True))
OPERATORS = ", ".join(Operator)


class Token(NamedTuple):
    """A piece of the text; its kind is the name of its group in TOKEN, or `end`."""

    kind: str
    text: str
    at: int


def parse(text: str, fields: Fields) -> Matchers:
    """Return the matchers in a text; none for an empty one. Raises InvalidMatcher with the place and the remedy."""
    if len(text) > MAX_TEXT:
        raise InvalidMatcher(f"Must have at most {MAX_TEXT} characters.")
    classic = parse_classic(text)
    matchers = [Matcher(*parts) for parts in classic] if classic is not None else list(_Parser(text, fields).matchers())
    if len(matchers) > MAX_MATCHERS:
        raise InvalidMatcher(f"Must have at most {MAX_MATCHERS} matchers.")
    return tuple(matchers)


class _Parser:
    """Alertmanager's other notation, which knows any UTF-8 in names."""

    def __init__(self, text: str, fields: Fields) -> None:
        self._text = text
        self._fields = fields
        self._tokens = list(_tokens(text))
        self._at = 0

    def matchers(self) -> Iterator[Matcher]:
        is_open = self._accept("mark", "{") is not None
        while self._peek().kind not in ("end", "mark") or self._peek().text not in ("", "}"):
            yield self._matcher()
            if self._accept("mark", ",") is None:
                break
        token = self._next()
        if is_open and token.text != "}":
            raise self._wrong(token, "a comma or a closing brace `}`")
        if not is_open and token.kind != "end":
            raise self._wrong(token, "a comma or the end" if token.text != "}" else "no `}` without an opening `{`")
        if is_open and self._peek().kind != "end":
            raise self._wrong(self._peek(), "nothing after `}`")

    def _matcher(self) -> Matcher:
        name = self._expect(("bare", "quoted"), "the name of a label or field")
        operator = self._expect(("operator",), f"one of {OPERATORS} after {name.text}")
        value = self._expect(("bare", "quoted"), "a value; quote it if it has other characters than letters and digits")
        is_field = name.kind == "bare" and self._fields.is_field(name.text)
        matcher = Matcher(_plain(name), Operator(operator.text), _plain(value), is_field)
        if is_field:
            self._fields.check(matcher, name.at + 1)
        return matcher

    def _expect(self, kinds: Collection[str], what: str) -> Token:
        token = self._next()
        if token.kind not in kinds:
            raise self._wrong(token, what)
        return token

    def _accept(self, kind: str, text: str) -> Token | None:
        token = self._peek()
        return self._next() if (token.kind, token.text) == (kind, text) else None

    def _peek(self) -> Token:
        return self._tokens[self._at]

    def _next(self) -> Token:
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    @staticmethod
    def _wrong(token: Token, expected: str) -> InvalidMatcher:
        found = "the end" if token.kind == "end" else f"`{token.text}`"
        return InvalidMatcher(f"At character {token.at + 1}: expected {expected}, found {found}. Example: {EXAMPLE}")


EXAMPLE = '{team="pay", namespace=~"shop-.*"}'


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text.rstrip()):
        found = TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            remedy = "close the quotes" if text[at] == '"' else "put it into double quotes"
            raise InvalidMatcher(f"At character {at + 1}: `{text[at]}` is not expected; {remedy}. Example: {EXAMPLE}")
        kind = found.lastgroup
        yield Token(kind, found[kind], found.start(kind))
        at = found.end()
    yield Token("end", "", len(text))


def _plain(token: Token) -> str:
    """Return the text without quotes and escapes; an escape that Go does not know stays, as in the classic notation."""
    return ESCAPE.sub(_unescaped, token.text[1:-1]) if token.kind == "quoted" else token.text


def _unescaped(escape: re.Match[str]) -> str:
    code = escape[1]
    if code in CONTROLS:
        return CONTROLS[code]
    if len(code) == 1:
        return escape[0]
    number = int(code, 8) if code.isdigit() and code[0] not in "xuU" else int(code[1:], 16)
    is_character = number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF
    return chr(number) if is_character else escape[0]
