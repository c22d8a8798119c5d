"""Texts from elsewhere, made safe to show: without control characters, and of limited length."""

import unicodedata

FORBIDDEN = frozenset(("Cc", "Zl", "Zp", "Cs"))
"""Unicode categories: control characters, line separators, paragraph separators, surrogates."""
DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They reverse the text that follows, so that a text could read as another one."""


def one_line(text: str, length: int) -> str:
    """Return a text on one line, cut to `length` characters."""
    return shortened(" ".join(clean(text).split()), length)


def clean(text: str) -> str:
    """Return a text without control characters; line breaks stay, tabs become spaces."""
    lines = text.replace("\t", " ").splitlines()
    return "\n".join("".join(filter(_is_shown, line)) for line in lines)


def shortened(text: str, length: int) -> str:
    """Return a text cut to `length` characters, with an ellipsis where it was cut."""
    return text if len(text) <= length else f"{text[: max(0, length - 1)]}…"


def _is_shown(character: str) -> bool:
    return unicodedata.category(character) not in FORBIDDEN and character not in DIRECTIONS
