"""What the relatives of Prometheus answer otherwise, by their documentation: Mimir, Thanos, VictoriaMetrics."""

from collections.abc import Iterator

import pytest

from app.connectors.base import Completeness, MonitorAccess
from app.connectors.prometheus.connector import PrometheusConnector
from app.connectors.registry import open_connector
from app.errors import SourceRefusedLogin, SourceRejected
from tests.unit.connectors.prometheus.fake_prometheus import FakePrometheus, Refusal, series, success

ABSENT = ("alerts", "rules", "status/runtimeinfo", "status/config")


@pytest.fixture
def mimir(prometheus: FakePrometheus) -> FakePrometheus:
    """Without targets; rules and alerts are those of its ruler."""
    prometheus.missing = {"/api/v1/targets": 404, "/api/v1/status/runtimeinfo": 404}
    prometheus.answers["/api/v1/status/buildinfo"] = success({"application": "Grafana Mimir", "version": "2.14.0"})
    prometheus.stored = [series("up"), series("node_load1", "3")]
    return prometheus


def test_mimir_names_its_hosts_by_up(mimir: FakePrometheus, connector: PrometheusConnector) -> None:
    assert connector.check() == "2.14.0"
    [page] = connector.hosts()
    assert [host.external_id for host in page.records] == ["node/10.0.0.1:9100"]
    assert [item.key for page in connector.items(["node/10.0.0.1:9100"]) for item in page.records] == [
        *("up", "node_load1")
    ]


def test_a_tenant_that_is_not_named_is_told_with_its_header(
    mimir: FakePrometheus, connector: PrometheusConnector
) -> None:
    mimir.refuses = lambda query: Refusal(401, "no org id")
    mimir.missing["/api/v1/targets"] = 401
    with pytest.raises(SourceRefusedLogin) as refused:
        list(connector.hosts())
    assert "HTTP 401" in str(refused.value)
    mimir.missing.clear()
    with pytest.raises(SourceRefusedLogin, match="X-Scope-OrgID"):
        list(connector.items(["node/10.0.0.1:9100"]))
    mimir.answers["/api/v1/status/buildinfo"] = "no org id"
    mimir.status = 401
    with pytest.raises(SourceRefusedLogin, match="X-Scope-OrgID"):
        connector.check()


def test_the_header_of_the_tenant_is_sent(mimir: FakePrometheus) -> None:
    access = MonitorAccess(mimir.url, headers={"X-Scope-OrgID": "team-a"})
    with open_connector("prometheus", access) as connector:
        connector.check()
    assert mimir.tenants == ["team-a"]


@pytest.fixture
def without_alerts(prometheus: FakePrometheus) -> Iterator[FakePrometheus]:
    prometheus.missing = dict.fromkeys(
        ("/api/v1/alerts", "/api/v1/rules", "/api/v1/status/runtimeinfo", "/api/v1/status/config"), 404
    )
    yield prometheus


def test_a_server_that_lists_no_alerts_ends_none(
    without_alerts: FakePrometheus, connector: PrometheusConnector
) -> None:
    [page] = connector.alerts()
    assert ([*page.records], page.completeness) == ([], Completeness.PARTIAL)
    assert "-vmalert.proxyURL" in page.missing[0]


def test_an_address_of_something_else_is_not_a_server_without_alerts(
    without_alerts: FakePrometheus, connector: PrometheusConnector
) -> None:
    without_alerts.missing["/api/v1/query"] = 404
    with pytest.raises(SourceRejected, match="HTTP 404"):
        list(connector.alerts())


def test_victoriametrics_without_vmalert_has_an_empty_list_that_says_little(
    prometheus: FakePrometheus, connector: PrometheusConnector
) -> None:
    prometheus.answers = {"/api/v1/alerts": success({"alerts": []}), "/api/v1/rules": success({"groups": []})}
    prometheus.missing = {"/api/v1/status/runtimeinfo": 400}
    [page] = connector.alerts()
    assert page.completeness is Completeness.DOUBTFUL
    assert page.missing == ["The list of alerts is empty, and it is unknown whether rules ran."]


def test_a_partial_answer_of_thanos_makes_nothing_gone(
    prometheus: FakePrometheus, connector: PrometheusConnector
) -> None:
    prometheus.stored = [series("up")]
    prometheus.warnings = ["No StoreAPIs matched for this query"]
    assert all(page.is_partial for page in connector.hosts())
    assert all(page.is_partial for page in connector.items(["node/10.0.0.1:9100", "node/gone"]))
