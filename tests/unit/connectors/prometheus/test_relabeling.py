"""Rules that change labels do what Prometheus's own do."""

from collections.abc import Mapping
from typing import Any

import pytest

from app.connectors.prometheus.relabeling import MAX_LABELS, Rule, expand, read_rule, relabel
from app.errors import SourceGarbled

LABELS = {"a": "foo", "b": "bar", "c": "baz"}


# The cases of Prometheus's own test of its relabelling.
@pytest.mark.parametrize(
    ("rules", "labels", "expected"),
    [
        (
            [{"source_labels": ["a"], "regex": "f(.*)", "target_label": "d", "replacement": "ch${1}-ch${1}"}],
            LABELS,
            {**LABELS, "d": "choo-choo"},
        ),
        (
            [
                {"source_labels": ["a", "b"], "regex": "f(.*);(.*)r", "target_label": "a", "replacement": "b${1}${2}m"},
                {
                    "source_labels": ["c", "a"],
                    "regex": "(b).*b(.*)ba(.*)",
                    "target_label": "d",
                    "replacement": "$1$2$2$3",
                },
            ],
            LABELS,
            {"a": "boobam", "b": "bar", "c": "baz", "d": "boooom"},
        ),
        ([{"source_labels": ["a"], "regex": ".*o.*", "action": "drop"}], LABELS, None),
        ([{"source_labels": ["a"], "regex": ".*o.*", "action": "drop"}], {"a": "bar"}, {"a": "bar"}),
        ([{"source_labels": ["a"], "regex": "no-match", "action": "drop"}], LABELS, LABELS),
        ([{"source_labels": ["a"], "regex": "f|o", "action": "drop"}], LABELS, LABELS),
        ([{"source_labels": ["a"], "regex": "no-match", "action": "keep"}], LABELS, None),
        ([{"source_labels": ["a"], "regex": "f.*", "action": "keep"}], LABELS, LABELS),
        (
            [{"source_labels": ["a"], "regex": "^(.*)o$", "target_label": "d", "replacement": "${1}"}],
            {"a": "foo"},
            {"a": "foo", "d": "fo"},
        ),
        (
            [{"source_labels": ["c"], "target_label": "d", "action": "hashmod", "modulus": "1000"}],
            LABELS,
            {**LABELS, "d": "976"},
        ),
        (
            [{"source_labels": ["c"], "target_label": "d", "action": "hashmod", "modulus": "1000"}],
            {"c": "foo\nbar"},
            {"c": "foo\nbar", "d": "734"},
        ),
        (
            [{"regex": "(b.*)", "replacement": "bar_${1}", "action": "labelmap"}],
            {"a": "foo", "b1": "bar", "b2": "baz"},
            {"a": "foo", "b1": "bar", "b2": "baz", "bar_b1": "bar", "bar_b2": "baz"},
        ),
        (
            [{"regex": "__meta_(my.*)", "replacement": "${1}", "action": "labelmap"}],
            {"a": "foo", "__meta_my_bar": "aaa", "__meta_other": "x"},
            {"a": "foo", "__meta_my_bar": "aaa", "__meta_other": "x", "my_bar": "aaa"},
        ),
        ([{"regex": "a|b", "action": "labeldrop"}], LABELS, {"c": "baz"}),
        ([{"regex": "a|b", "action": "labelkeep"}], LABELS, {"a": "foo", "b": "bar"}),
        (
            [
                {"source_labels": ["foo"], "target_label": "up", "action": "uppercase"},
                {"source_labels": ["foo"], "target_label": "low", "action": "LowerCase"},
            ],
            {"foo": "bAr123Foo"},
            {"foo": "bAr123Foo", "up": "BAR123FOO", "low": "bar123foo"},
        ),
        (
            [{"source_labels": ["x"], "target_label": "y", "action": "keepequal"}],
            {"x": "1", "y": "1"},
            {"x": "1", "y": "1"},
        ),
        ([{"source_labels": ["x"], "target_label": "y", "action": "keepequal"}], {"x": "1", "y": "2"}, None),
        ([{"source_labels": ["x"], "target_label": "y", "action": "dropequal"}], {"x": "1", "y": "1"}, None),
        ([{"source_labels": ["x"], "target_label": "y", "action": "dropequal"}], {"x": "1"}, {"x": "1"}),
        (
            [{"source_labels": ["a"], "regex": "foo", "target_label": "a", "replacement": ""}],
            LABELS,
            {"b": "bar", "c": "baz"},
        ),
        ([{"target_label": "d", "replacement": "static"}], LABELS, {**LABELS, "d": "static"}),
        (
            [{"source_labels": ["a"], "regex": "(f)(x)?.*", "target_label": "${1}_${2}", "replacement": "$2v"}],
            LABELS,
            LABELS,
        ),
        (
            [{"source_labels": ["a"], "regex": "(f).*", "target_label": "${1}_d", "replacement": "v"}],
            LABELS,
            {**LABELS, "f_d": "v"},
        ),
        ([{"source_labels": ["a"], "regex": "(f).*", "target_label": "${2}", "replacement": "v"}], LABELS, LABELS),
        (
            [{"source_labels": ["a"], "regex": "(?i)FOO", "target_label": "d", "replacement": "$0!"}],
            LABELS,
            {**LABELS, "d": "foo!"},
        ),
        (
            [{"source_labels": ["n"], "regex": "a.b", "target_label": "d", "replacement": "x"}],
            {"n": "a\nb"},
            {"n": "a\nb", "d": "x"},
        ),
        ([{"action": "lowercase", "source_labels": ["n"], "target_label": "n"}], {"n": "İΣ磁"}, {"n": "iσ磁"}),
    ],
)
def test_the_labels_are_those_that_prometheus_sends(
    rules: list[dict[str, Any]], labels: dict[str, str], expected: dict[str, str] | None
) -> None:
    before = dict(labels)
    assert relabel(labels, [read_rule(rule) for rule in rules]) == expected
    assert labels == before


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("$1", "one"),
        ("${1}x", "onex"),
        ("$1x", ""),
        ("$name-${name}", "two-two"),
        ("$$1", "$1"),
        ("$", "$"),
        ("${", "${"),
        ("$-", "$-"),
        ("$0", "all"),
        ("$9$99999", ""),
        ("$3", ""),
        ("\\1", "\\1"),
    ],
)
def test_templates_are_gos(template: str, text: str) -> None:
    names: Mapping[str, int] = {"name": 2}
    assert expand(template, ["all", "one", "two", None], names) == text


@pytest.mark.parametrize(
    "rule",
    [
        Rule("labelmap", regex="(.*)", replacement="$1$1"),
        Rule(source_labels=("a", "a"), target_label="a", separator=""),
        Rule(target_label="a", replacement="$0" * 10, source_labels=("a",)),
        Rule("keep", source_labels=("a",) * 100_000),
    ],
)
def test_rules_that_multiply_labels_are_garbled(rule: Rule) -> None:
    with pytest.raises(SourceGarbled):
        relabel({"a": "foo", "b": "bar"}, [rule] * 100)


def test_an_alert_has_a_limited_number_of_labels() -> None:
    many = {f"l{number}": "x" for number in range(MAX_LABELS)}
    assert relabel(many, [Rule("labeldrop", regex="none")]) == many
    with pytest.raises(SourceGarbled):
        relabel(many, [Rule("labelmap", regex="l(.*)", replacement="m$1")])
