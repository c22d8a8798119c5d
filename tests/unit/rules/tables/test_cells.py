"""What a spreadsheet shows of a value, and that it runs none."""

from typing import Any

import pytest

from app.rules.tables.cells import cell


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (-1.5, "-1.5"),
        ("磁盘 91 %", "磁盘 91 %"),
        ({"team": "支付", "pod": None}, "team=支付, pod="),
        (["a", "b"], "a, b"),
        ([{"id": 1}], '[{"id": 1}]'),
        ({"a": {"b": "支"}}, '{"a": {"b": "支"}}'),
        ("-12.5e3", "-12.5e3"),
    ],
)
def test_values_are_readable(value: Any, text: str) -> None:
    assert cell(value) == text


@pytest.mark.parametrize(
    "text",
    [
        "=HYPERLINK(1)",
        "+1+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        "\u00a0=1",
        "\ufeff=1",
        "＝1+1",
    ],
)
def test_what_looks_like_a_formula_is_text(text: str) -> None:
    assert cell(text) == f"'{text}"
    assert cell([text]).startswith("'")
