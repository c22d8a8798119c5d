"""Which of the values that sources write are numbers."""

import math

TEXT_TYPES = ("char", "log", "text")
"""The types of items whose values are texts, also where one looks like a number."""


def finite_number(text: str | None, value_type: str) -> float | None:
    """Return the number that a value stands for; None for a text, for no value, and for what cannot be drawn."""
    # Python would also take 1_000 and the digits of other scripts for numbers.
    if text is None or value_type in TEXT_TYPES or "_" in text or not text.isascii():
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
