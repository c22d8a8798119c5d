"""Decides which values of items are numbers."""

import math

TEXT_TYPES = ("char", "log", "text")
"""Item types with text values, even if a value looks like a number."""


def finite_number(text: str | None, value_type: str) -> float | None:
    """Return the number of a value; None for text, for no value, and for numbers that cannot be charted."""
    # Python would also accept 1_000 and digits of other scripts.
    if text is None or value_type in TEXT_TYPES or "_" in text or not text.isascii():
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
