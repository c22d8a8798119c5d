"""An alert of Prometheus as a report, and the identity that it has in common with Alertmanager."""

from datetime import UTC, datetime

import pytest

from app.enums import Severity
from app.rules.alerts.alert_reports import AlertReport
from app.rules.alerts.prometheus_alerts import prometheus_report
from app.rules.alerts.prometheus_labels import fingerprint, host_external_id

LABELS = {"alertname": "TargetDown", "instance": "10.0.0.1:9100", "job": "node", "severity": "critical"}
BEGUN = datetime(2026, 11, 28, 10, tzinfo=UTC)


# What an Alertmanager 0.25 answered in `fingerprint` for these labels; the first is FNV-1a's own start.
@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({}, "cbf29ce484222325"),
        ({"alertname": "EvenMinute", "lab": "nagare", "severity": "critical"}, "d5d03847e92fee2b"),
        ({"alertname": "磁盘", "a_b": "x\ny", "instance": "主机:1", "empty": ""}, "b4710b61099ae133"),
    ],
)
def test_the_fingerprint_is_alertmanagers(labels: dict[str, str], expected: str) -> None:
    assert fingerprint(labels) == expected


def test_the_order_of_labels_and_empty_ones_do_not_change_the_identity() -> None:
    assert fingerprint(dict(reversed(LABELS.items())) | {"empty": ""}) == fingerprint(LABELS)
    assert fingerprint(LABELS | {"instance": "10.0.0.2:9100"}) != fingerprint(LABELS)


def test_an_alert_is_reported_with_all_that_its_source_says() -> None:
    annotations = {"summary": "实例已下线", "description": "Down for 5 minutes", "runbook_url": "https://wiki/down"}
    raw = {"labels": LABELS}
    report = prometheus_report(
        LABELS, annotations, is_firing=True, started_at=BEGUN, source_url="http://p/graph", value="1e+00", raw=raw
    )
    assert report == AlertReport(
        source="prometheus",
        external_id=fingerprint(LABELS),
        is_firing=True,
        message="实例已下线",
        source_severity="critical",
        description="Down for 5 minutes",
        value="1e+00",
        labels=LABELS,
        annotations=annotations,
        started_at=BEGUN,
        source_url="http://p/graph",
        host_external_id="node/10.0.0.1:9100",
        host_name="10.0.0.1:9100",
    )
    assert report.raw == raw


@pytest.mark.parametrize(
    ("annotations", "message", "description"),
    [
        ({"summary": "S", "message": "M"}, "S", "M"),
        ({"description": "D", "message": "M"}, "D", "M"),
        ({"message": "M"}, "M", ""),
        ({"summary": "same", "description": " same "}, "same", ""),
        ({"summary": "  ", "description": "D"}, "D", ""),
        ({"runbook_url": "https://wiki"}, "TargetDown: instance=10.0.0.1:9100, job=node", ""),
        ({}, "TargetDown: instance=10.0.0.1:9100, job=node", ""),
    ],
)
def test_the_first_text_is_the_message_and_the_next_the_description(
    annotations: dict[str, str], message: str, description: str
) -> None:
    report = prometheus_report(LABELS, annotations, is_firing=True)
    assert (report.message, report.description, report.comment) == (message, description, "")


def test_the_barest_alert_still_says_something() -> None:
    report = prometheus_report({}, {}, is_firing=False)
    assert (report.message, report.is_firing, report.severity) == ("Prometheus alert", False, Severity.WARNING)
    assert (report.host_external_id, report.host_name) == (None, None)
    assert prometheus_report({"alertname": "Watchdog"}, {}, is_firing=True).message == "Watchdog"


@pytest.mark.parametrize(
    ("labels", "word"),
    [
        ({"level": "info"}, "info"),
        ({"priority": "P1"}, "P1"),
        ({"severity": "page", "level": "info", "priority": "P1"}, "page"),
        ({"severity": " ", "priority": "P1"}, "P1"),
        ({}, ""),
    ],
)
def test_the_severity_is_the_sources_own_word(labels: dict[str, str], word: str) -> None:
    assert prometheus_report(labels, {}, is_firing=True).source_severity == word


@pytest.mark.parametrize("name", ["host", "hostname", "node"])
def test_an_alert_without_an_instance_may_name_its_host(name: str) -> None:
    report = prometheus_report({"alertname": "A", name: "db1"}, {}, is_firing=True)
    assert (report.host_name, report.host_external_id) == ("db1", None)


def test_an_end_counts_once_the_alert_no_longer_fires() -> None:
    ends = [prometheus_report({}, {}, is_firing, ended_at=BEGUN).ended_at for is_firing in (True, False)]
    assert ends == [None, BEGUN]


def test_a_hosts_id_is_unmistakable_and_never_longer_than_500_characters() -> None:
    assert host_external_id("", "a:1") == "/a:1"
    assert host_external_id("a/b c", "d:1") == "a%2Fb%20c/d:1"
    long_ids = [host_external_id("job", "x" * 600 + end) for end in "ab"]
    assert [len(one) for one in long_ids] == [500, 500]
    assert long_ids[0] != long_ids[1]


def test_an_alert_without_a_job_names_its_host_only() -> None:
    report = prometheus_report({"alertname": "A", "instance": "db1:9100"}, {}, is_firing=True)
    assert (report.host_name, report.host_external_id) == ("db1:9100", None)
