"""Writes matchers in the notation in which people write them."""

from collections.abc import Iterable

from app.rules.matchers.matcher import Matcher


def text_of(matcher: Matcher) -> str:
    """Return a matcher in the notation in which it can be written."""
    name = matcher.name if matcher.is_field else _quoted_if_needed(matcher.name)
    value = matcher.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'{name}{matcher.operator}"{value}"'


def text_of_all(matchers: Iterable[Matcher]) -> str:
    """Return several matchers as the text that `parse` reads."""
    return "{" + ",".join(map(text_of, matchers)) + "}"


def _quoted_if_needed(name: str) -> str:
    is_plain = name.isascii() and name.replace("_", "a").replace(":", "a").isalnum() and not name[0].isdigit()
    return name if is_plain else f'"{name}"'
