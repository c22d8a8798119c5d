"""Regular expressions that match whole texts, by RE2: it takes linear time, so that no pattern can hang a process."""

import sys
from functools import lru_cache
from typing import Any

import re2

from app.errors import Invalid

MAX_PATTERN = 1000
MAX_MEMORY = 2**19
"""In bytes, for each pattern."""
MAX_RANGE = 40
"""How many bytes of a common prefix narrow a search."""
KEPT = 128
FIRST_SURROGATE, AFTER_SURROGATES = 0xD800, 0xE000


class InvalidMatcher(Invalid):
    """The matchers cannot be read; the message says where and why."""

    def __init__(self, message: str) -> None:
        super().__init__("match", message)


@lru_cache(KEPT)
def compile_pattern(pattern: str) -> Any:
    """Return the compiled pattern. Raises InvalidMatcher."""
    if len(pattern) > MAX_PATTERN:
        raise InvalidMatcher(f"A regular expression must have at most {MAX_PATTERN} characters.")
    try:
        return re2.compile(pattern, _options())
    except re2.error as error:
        raise InvalidMatcher(f"The regular expression {pattern!r} is invalid: {_reason(error)}.") from None


def does_match(pattern: str, text: str) -> bool:
    """Return whether the pattern matches the whole text."""
    # As bytes: for a text, the library computes where characters begin, which takes three times as long.
    return compile_pattern(pattern).fullmatch(text.encode(errors="replace")) is not None


def range_of(pattern: str) -> tuple[str, str | None]:
    """Return a text that no match is smaller than, and one that all are smaller than, in the order of their UTF-8.

    None if any match may be larger.
    """
    try:
        least, most = re2.compile(rf"\A(?:{pattern})\z", _options()).possiblematchrange(MAX_RANGE)
    except re2.error:
        return "", None
    return _valid_start(least), _next_text(_valid_start(most))


def _options() -> Any:
    options = re2.Options()
    options.max_mem = MAX_MEMORY
    # It would write to standard error.
    options.log_errors = False
    return options


def _reason(error: Exception) -> str:
    reason = error.args[0] if error.args else "unknown reason"
    return reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)


def _valid_start(text: bytes) -> str:
    """Return what comes before the first byte that is not UTF-8, or that PostgreSQL cannot store."""
    text = text.partition(b"\0")[0]
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        return text[: error.start].decode()


def _next_text(start: str) -> str | None:
    """Return the smallest text that is larger than all that begin with this one."""
    start = start.rstrip(chr(sys.maxunicode))
    if not start:
        return None
    following = ord(start[-1]) + 1
    return start[:-1] + chr(AFTER_SURROGATES if following == FIRST_SURROGATE else following)
