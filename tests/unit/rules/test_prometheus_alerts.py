"""An alert of Prometheus as a report, and the identity that it has in common with Alertmanager."""

import pytest

from app.enums import Severity
from app.rules.alert_reports import AlertReport
from app.rules.prometheus_alerts import prometheus_report
from app.rules.prometheus_labels import fingerprint, host_external_id

LABELS = {"alertname": "TargetDown", "instance": "10.0.0.1:9100", "job": "node", "severity": "critical"}


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


def test_an_alert_is_reported_with_its_host() -> None:
    annotations = {"summary": "实例已下线", "description": "Down for 5 minutes", "runbook_url": "https://wiki/down"}
    assert prometheus_report(LABELS, annotations, is_firing=True) == AlertReport(
        source="prometheus",
        external_id=fingerprint(LABELS),
        is_firing=True,
        message="实例已下线",
        severity=Severity.CRITICAL,
        comment="Down for 5 minutes\nhttps://wiki/down",
        host_external_id="node/10.0.0.1:9100",
        host_name="10.0.0.1:9100",
    )


@pytest.mark.parametrize(
    ("annotations", "message", "comment"),
    [
        ({"summary": "S", "message": "M"}, "S", "M"),
        ({"description": "D", "message": "M"}, "D", "M"),
        ({"message": "M"}, "M", ""),
        ({"summary": "same", "description": " same "}, "same", ""),
        ({"summary": "  ", "description": "D"}, "D", ""),
        ({"runbook_url": "https://wiki"}, "TargetDown: instance=10.0.0.1:9100, job=node", "https://wiki"),
        ({}, "TargetDown: instance=10.0.0.1:9100, job=node", ""),
    ],
)
def test_the_first_text_is_the_message_and_the_next_the_comment(
    annotations: dict[str, str], message: str, comment: str
) -> None:
    report = prometheus_report(LABELS, annotations, is_firing=True)
    assert (report.message, report.comment) == (message, comment)


def test_the_barest_alert_still_says_something() -> None:
    report = prometheus_report({}, {}, is_firing=False)
    assert (report.message, report.is_firing, report.severity) == ("Prometheus alert", False, Severity.WARNING)
    assert (report.host_external_id, report.host_name) == (None, None)
    assert prometheus_report({"alertname": "Watchdog"}, {}, is_firing=True).message == "Watchdog"


def test_the_severity_may_be_called_level() -> None:
    assert prometheus_report({"level": "info"}, {}, is_firing=True).severity is Severity.INFO
    assert prometheus_report({"severity": "page", "level": "info"}, {}, is_firing=True).severity is Severity.CRITICAL


def test_a_hosts_id_is_unmistakable_and_never_longer_than_500_characters() -> None:
    assert host_external_id("", "a:1") == "/a:1"
    assert host_external_id("a/b c", "d:1") == "a%2Fb%20c/d:1"
    long_ids = [host_external_id("job", "x" * 600 + end) for end in "ab"]
    assert [len(one) for one in long_ids] == [500, 500]
    assert long_ids[0] != long_ids[1]
