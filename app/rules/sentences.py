"""Finds the translation of a sentence that names things."""

import re
from collections.abc import Callable, Mapping
from functools import cache


def translated_by(
    translations: Mapping[str, str], text: str, translate: Callable[[str, str], str] = lambda _name, value: value
) -> str | None:
    """Return the translation of a text; None if it is none of these.

    A translation and its original have the same names in braces, which match any text; `translate` gets the name and
    what stands there.
    """
    for original, translation in translations.items():
        found = re.fullmatch(_pattern(original), text, re.DOTALL)
        if found:
            return translation.format(**{name: translate(name, value) for name, value in found.groupdict().items()})
    return None


@cache
def _pattern(original: str) -> str:
    """Return the pattern of a text with names in braces."""
    parts = re.split(r"\{(\w+)\}", original)
    return "".join(f"(?P<{part}>.+?)" if number % 2 else re.escape(part) for number, part in enumerate(parts))
