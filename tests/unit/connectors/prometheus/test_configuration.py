"""Prometheus's configuration: its external labels, the rules that change labels, how often it scrapes."""

from datetime import timedelta
from typing import Any

import pytest

from app.connectors.prometheus.configuration import MAX_SECTION, Configuration, read_configuration
from app.connectors.prometheus.relabeling import MAX_RULES, Rule
from app.errors import SourceGarbled

CONFIG = """global:
  scrape_interval: 15s
  external_labels:
    cluster: 上海
    replica: "1"
    switch: "on"
    empty: ""
alerting:
  alertmanagers: []
scrape_configs:
- job_name: node
"""
PRINTED = """alerting:
  alert_relabel_configs:
  - separator: ;
    regex: prometheus_replica
    replacement: $1
    action: labeldrop
  - source_labels: [team, cluster]
    regex: (.*)
    target_label: both
    replacement: $1
    action: replace
  - source_labels: [team]
    separator: ;
    regex: (.*)
    target_label: gone
    action: replace
  alertmanagers:
  - follow_redirects: true
    scheme: http
"""


def read(config: str) -> Configuration:
    return read_configuration({"yaml": config})


@pytest.mark.parametrize(
    ("config", "labels"),
    [
        (CONFIG, {"cluster": "上海", "replica": "1", "switch": "on", "empty": ""}),
        ("", {}),
        ("global:", {}),
        ("global:\n  scrape_interval: 15s\n", {}),
        ("global:\n  external_labels: {}\n", {}),
        ("global:\n  external_labels:\n", {}),
        ("scrape_configs:\n- job_name: a\n  params:\n    global:\n      external_labels: {a: b}\n", {}),
        ("rule_files: []\nglobal:\n\n  external_labels:\n    n: 08\n    t: ~\n    d: 2026-11-24", None),
        ('global:\n  external_labels:\n    text: "two\\n\\\n      lines: 1"\n', {"text": "two\nlines: 1"}),
        ("global:\n  external_labels:\n    a: b\nscrape_configs: [: ]: not yaml", {"a": "b"}),
    ],
)
def test_external_labels_are_texts_as_they_are_written(config: str, labels: dict[str, str] | None) -> None:
    expected = {"n": "08", "t": "~", "d": "2026-11-24"} if labels is None else labels
    assert read(config).external_labels == expected


@pytest.mark.parametrize(
    "config",
    [
        "global:\n  external_labels: [a]\n",
        "global:\n  external_labels: text\n",
        "global:\n  external_labels:\n    a: {b: c}\n",
        "global:\n  external_labels:\n    a: [b\n",
        "global:\n  - {\n",
        "global:\n  external_labels: *none\n",
        "global:\n  external_labels: &a\n    b: *a\n",
        "global:\n  a: \x01\n",
        "global:\n " + "[" * 5000 + "\n",
    ],
)
def test_a_configuration_of_another_shape_is_garbled(config: str) -> None:
    with pytest.raises(SourceGarbled):
        read(config)


@pytest.mark.parametrize("data", [None, [], {}, {"yaml": 1}])
def test_no_configuration_is_garbled(data: Any) -> None:
    with pytest.raises(SourceGarbled):
        read_configuration(data)


@pytest.mark.parametrize(
    ("written", "interval"),
    [
        ("15s", timedelta(seconds=15)),
        ("1m30s", timedelta(seconds=90)),
        ("500ms", timedelta(milliseconds=500)),
        ("3w", timedelta(hours=1)),
        ("999999999y", timedelta(hours=1)),
        *((text, timedelta(minutes=1)) for text in ("", "soon", "-1", "0s", "[1m]", "{}")),
    ],
)
def test_the_scrape_interval(written: str, interval: timedelta) -> None:
    assert read(f"global:\n  scrape_interval: {written}\n").scrape_interval == interval
    assert read("").scrape_interval == timedelta(minutes=1)


def test_what_prometheus_printed_leaves_out_only_empty_texts() -> None:
    drop, both, gone = read(PRINTED).rules
    assert drop == Rule("labeldrop", regex="prometheus_replica")
    assert both == Rule(source_labels=("team", "cluster"), separator="", target_label="both")
    assert gone == Rule(source_labels=("team",), target_label="gone", replacement="")


def test_what_a_person_wrote_has_the_defaults() -> None:
    [rule] = read("alerting:\n  alert_relabel_configs: [{source_labels: [a], target_label: b}]\n").rules
    assert rule == Rule("replace", ("a",), ";", "(.*)", 0, "b", "$1")


def test_rules_of_the_alertmanagers_count_if_all_have_the_same() -> None:
    one = "{alert_relabel_configs: [{action: labeldrop, regex: a}]}"
    other = "{alert_relabel_configs: [{action: labeldrop, regex: b}]}"
    for written, regexes in ((f"[{one}, {one}]", ["a"]), (f"[{one}, {other}]", []), (f"[{one}, {{}}]", []), ("x", [])):
        rules = read(f"alerting:\n  alertmanagers: {written}\n").rules
        assert [rule.regex for rule in rules] == regexes


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("{action: explode}", "nagare does not know the action 'explode'"),
        ("{regex: '(?=a)'}", "'(?=a)' is not a regular expression of RE2"),
        ("{regex: [a]}", "regex is not a text"),
        ("{source_labels: a}", "source_labels is not a list of names"),
        ("{source_labels: [[a]]}", "source_labels is not a list of names"),
        ("{action: hashmod}", "hashmod has no modulus"),
        ("{action: hashmod, modulus: -1}", "modulus is not a number"),
        ("text", "a rule is not an object"),
    ],
)
def test_a_rule_that_cannot_be_applied_is_told_of(entry: str, reason: str) -> None:
    found = read(f"alerting:\n  alert_relabel_configs: [{entry}, {{action: labeldrop, regex: a}}]\n")
    assert [rule.regex for rule in found.rules] == ["a"]
    assert found.missing == [f"Rule 1 of Prometheus's alert_relabel_configs was not applied: {reason}"]


@pytest.mark.parametrize(
    "config",
    [
        "alerting:\n  alert_relabel_configs: text\n",
        "alerting:\n  alert_relabel_configs: [\n",
        f"alerting:\n  alert_relabel_configs: [{', '.join(['{}'] * (MAX_RULES + 1))}]\n",
        f"alerting:\n  alert_relabel_configs:\n  - regex: {'a' * MAX_SECTION}\n",
    ],
)
def test_rules_that_cannot_be_read_are_garbled(config: str) -> None:
    with pytest.raises(SourceGarbled):
        read(config)


def test_of_a_section_with_many_alertmanagers_only_the_rules_are_read() -> None:
    targets = "".join(f"    - targets: ['10.0.0.1:{port}']\n" for port in range(5000))
    found = read(PRINTED + "    static_configs:\n" + targets + "rule_files: []\n")
    assert len(found.rules) == 3


def test_references_that_multiply_take_no_time() -> None:
    lines = ["  a0: &a0 [x]", *(f"  a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60))]
    text = "\n".join(["alerting:", *lines, "  alert_relabel_configs: [{source_labels: *a59}, *a59]", ""])
    assert len(read(text).missing) == 2
