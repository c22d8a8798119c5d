"""Which values can be drawn."""

import pytest

from app.rules.item_numbers import finite_number


@pytest.mark.parametrize(
    ("text", "value_type", "number"),
    [
        ("1", "float", 1.0),
        ("-0.5", "gauge", -0.5),
        ("1e-300", "", 1e-300),
        ("18446744073709551615", "unsigned", 2.0**64),
        (None, "float", None),
        ("", "float", None),
        ("NaN", "float", None),
        ("+Inf", "gauge", None),
        ("1e400", "float", None),
        ("1_000", "float", None),
        ("٣", "float", None),
        ("中文 ☃", "float", None),
        ("42", "text", None),
        ("42", "char", None),
        ("42", "log", None),
    ],
)
def test_a_number_is_what_can_be_drawn(text: str | None, value_type: str, number: float | None) -> None:
    assert finite_number(text, value_type) == number
