"""Prometheus's firing alerts as reports, under the identities that Alertmanager knows them by."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from app.connectors.base import MonitorAccess, alert_page
from app.connectors.prometheus.connector import PrometheusConnector
from app.errors import (
    SourceError,
    SourceFailing,
    SourceGarbled,
    SourceReadOnly,
    SourceRefusedLogin,
    SourceRejected,
)
from app.rules.alerts.alert_reports import AlertReport
from app.rules.alerts.prometheus_labels import fingerprint

Serve = Callable[[Callable[[Any], None]], str]

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


def firing(name: str = "TargetDown", **labels: str) -> dict[str, Any]:
    return {
        "labels": {"alertname": name, "instance": "10.0.0.1:9100", "job": "node", "severity": "critical", **labels},
        "annotations": {"summary": "实例已下线", "description": "Down for 5 minutes"},
        "state": "firing",
        "activeAt": "2026-11-24T12:00:00Z",
        "value": "0e+00",
    }


class FakeAlerts:
    """What a Prometheus answers of its alerts and its configuration, and with which HTTP status."""

    def __init__(self) -> None:
        self.alerts: Any = [firing()]
        self.config: Any = {"yaml": CONFIG}
        self.statuses = {"/api/v1/alerts": 200, "/api/v1/status/config": 200}
        self.asked: list[str] = []
        self.url = ""

    def respond(self, request: Any) -> None:
        path = request.path.partition("?")[0]
        self.asked.append(path)
        status = self.statuses.get(path, 404)
        data = {"alerts": self.alerts} if path == "/api/v1/alerts" else self.config
        error = {"status": "error", "errorType": "internal", "error": "no"}
        request.answer({"status": "success", "data": data} if status == 200 else error, status)


@pytest.fixture
def prometheus() -> FakeAlerts:
    return FakeAlerts()


@pytest.fixture
def connector(prometheus: FakeAlerts, serve: Serve) -> Iterator[PrometheusConnector]:
    prometheus.url = serve(prometheus.respond)
    connector = PrometheusConnector(MonitorAccess(prometheus.url))
    yield connector
    connector.close()


def all_alerts(connector: PrometheusConnector) -> list[AlertReport]:
    return [report for page in connector.alerts() for report in alert_page(page).records]


def test_a_firing_alert_is_reported_under_alertmanagers_fingerprint(
    prometheus: FakeAlerts, connector: PrometheusConnector
) -> None:
    external = {"cluster": "上海", "replica": "1", "switch": "on"}
    reports = all_alerts(connector)
    assert [report.raw for report in reports] == [firing()]
    assert reports == [
        AlertReport(
            source="prometheus",
            external_id=fingerprint(firing()["labels"] | external),
            is_firing=True,
            message="实例已下线",
            source_severity="critical",
            description="Down for 5 minutes",
            labels=firing()["labels"] | external,
            annotations=firing()["annotations"],
            value="0e+00",
            started_at=datetime(2026, 11, 24, 12, tzinfo=UTC),
            source_url=f"{prometheus.url}/alerts",
            host_external_id="node/10.0.0.1:9100",
            host_name="10.0.0.1:9100",
        )
    ]


def test_a_label_of_the_alerts_own_goes_before_an_external_one(
    prometheus: FakeAlerts, connector: PrometheusConnector
) -> None:
    prometheus.alerts = [firing(cluster="北京")]
    (report,) = all_alerts(connector)
    assert report.external_id == fingerprint(firing()["labels"] | {"cluster": "北京", "replica": "1", "switch": "on"})


def test_alerts_that_do_not_fire_are_left_out(prometheus: FakeAlerts, connector: PrometheusConnector) -> None:
    prometheus.alerts = [firing("A") | {"state": "pending"}, firing("B"), firing("C") | {"state": "inactive"}]
    assert len(all_alerts(connector)) == 1


def test_two_alerts_of_the_same_labels_are_one(prometheus: FakeAlerts, connector: PrometheusConnector) -> None:
    prometheus.alerts = [firing(), firing() | {"annotations": {"summary": "another rule"}}]
    assert [report.message for report in all_alerts(connector)] == ["实例已下线"]


def test_pages_hold_500_alerts(prometheus: FakeAlerts, connector: PrometheusConnector) -> None:
    prometheus.alerts = [firing(number=str(number)) for number in range(1001)]
    assert [len(page.records) for page in connector.alerts()] == [500, 500, 1]
    assert prometheus.asked.count("/api/v1/status/config") == 1


@pytest.mark.parametrize("status", [401, 403, 404])
def test_without_a_configuration_the_alerts_have_their_own_labels(
    status: int, prometheus: FakeAlerts, connector: PrometheusConnector
) -> None:
    prometheus.statuses["/api/v1/status/config"] = status
    assert [report.external_id for report in all_alerts(connector)] == [fingerprint(firing()["labels"])]


@pytest.mark.parametrize(
    ("status", "error"), [(401, SourceRefusedLogin), (404, SourceRejected), (503, SourceFailing), (500, SourceFailing)]
)
def test_refused_alerts_are_an_error(
    status: int, error: type[SourceError], prometheus: FakeAlerts, connector: PrometheusConnector
) -> None:
    prometheus.statuses["/api/v1/alerts"] = status
    with pytest.raises(error):
        all_alerts(connector)


def test_a_configuration_that_cannot_be_had_now_is_tried_again(
    prometheus: FakeAlerts, connector: PrometheusConnector
) -> None:
    # Going on without it would make every alert a new one, and end the old ones.
    prometheus.statuses["/api/v1/status/config"] = 503
    with pytest.raises(SourceFailing) as failing:
        all_alerts(connector)
    assert failing.value.retryable
    prometheus.statuses["/api/v1/status/config"] = 200
    assert len(all_alerts(connector)) == 1


@pytest.mark.parametrize(
    "alerts",
    [
        {},
        ["text"],
        [{}],
        [firing() | {"state": None}],
        [firing() | {"labels": None}],
        [firing() | {"labels": {"alertname": 1}}],
        [firing() | {"annotations": ["summary"]}],
        [firing() | {"annotations": {"summary": None}}],
        ["firing"],
    ],
)
def test_alerts_of_another_shape_are_garbled(
    alerts: Any, prometheus: FakeAlerts, connector: PrometheusConnector
) -> None:
    prometheus.alerts = alerts
    with pytest.raises(SourceGarbled):
        all_alerts(connector)


def test_it_cannot_be_acknowledged_there(connector: PrometheusConnector) -> None:
    with pytest.raises(SourceReadOnly):
        connector.acknowledge_alert("cbf29ce484222325", "on it")
