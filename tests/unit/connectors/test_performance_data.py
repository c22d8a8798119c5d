"""Performance data as plugins write it: by the guideline, nearly so, and not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.connectors.performance_data import PerformanceValue, parse


def test_all_parts_of_a_measurement() -> None:
    assert parse("/=2643MB;5948;5958;0;5968 /boot=68MB;88;93;0;98") == [
        PerformanceValue("/", "2643", "MB", "5948", "5958", "0", "5968"),
        PerformanceValue("/boot", "68", "MB", "88", "93", "0", "98"),
    ]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("'C:\\ used space'=1", "C:\\ used space"),
        ("'it''s = this; or that'=1", "it's = this; or that"),
        ("'磁盘 使用率'=1%", "磁盘 使用率"),
        ("a'b=1", "a'b"),
        ("check::plugin::label=1", "check::plugin::label"),
    ],
)
def test_labels(text: str, label: str) -> None:
    assert [each.label for each in parse(text)] == [label]


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("a=0.000123s", "0.000123", "s"),
        ("a=-3.5", "-3.5", ""),
        ("a=+3.", "+3.", ""),
        ("a=.5ms", ".5", "ms"),
        ("a=1.5e-07s;;", "1.5e-07", "s"),
        ("a=1,5s", "1.5", "s"),
        ("a=42%", "42", "%"),
        ("a=17c", "17", "c"),
        ("a=21°C", "21", "°C"),
        ("a=10Mbit/s", "10", "Mbit/s"),
        ("a=U;5;10", "", ""),
    ],
)
def test_values_and_units(text: str, value: str, unit: str) -> None:
    (found,) = parse(text)
    assert (found.value, found.unit) == (value, unit)


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("a=1", ("", "", "", "")),
        ("a=1;", ("", "", "", "")),
        ("a=1;;20", ("", "20", "", "")),
        ("a=1;@10:20;~:30;0;100", ("@10:20", "~:30", "0", "100")),
        ("a=1;;;;;;;", ("", "", "", "")),
    ],
)
def test_thresholds(text: str, limits: tuple[str, ...]) -> None:
    assert [tuple(each[3:]) for each in parse(text)] == [limits]


@pytest.mark.parametrize(
    "text", ["", " ", "a", "=1", "''=1", "a=", "a=b", "a==1", "'a=1", "a=1 2'", "a=1.2.3", "a=NaN", "a=Up", "\x00", "|"]
)
def test_what_is_no_measurement_is_skipped(text: str) -> None:
    assert [each for each in parse(f"{text} ok=7") if each.label != "a"] == [PerformanceValue("ok", "7", "")]


def test_the_first_of_two_equal_labels_counts() -> None:
    assert [each.value for each in parse("a=1 a=2 b=3")] == ["1", "3"]


@given(st.text(alphabet="'= ;1aU.,\n", max_size=200))
def test_any_text_gives_values_that_are_numbers(text: str) -> None:
    for each in parse(text):
        assert each.label
        assert each.value == "" or float(each.value) is not None
