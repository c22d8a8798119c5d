"""What a pull says when its source could not tell everything: partial answers, restarts, rules that fail."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app import clock
from app.connectors.base import AlertPage, Completeness, MonitorAccess
from app.connectors.prometheus.connector import PrometheusConnector
from app.errors import SourceTimeout
from app.rules.alerts.prometheus_labels import fingerprint

Serve = Callable[[Callable[[Any], None]], str]

STARTED_AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
CONFIG = """global:
  scrape_interval: 30s
  external_labels:
    prometheus_replica: prometheus-1
alerting:
  alert_relabel_configs:
  - separator: ;
    regex: prometheus_replica
    replacement: $1
    action: labeldrop
"""
NEVER = "0001-01-01T00:00:00Z"


def at(seconds: float) -> str:
    """Return a time so many seconds after the start, as Prometheus writes it."""
    return (STARTED_AT + timedelta(seconds=seconds)).isoformat().replace("+00:00", ".123456789Z")


def alert(name: str = "Down", state: str = "firing", active_s: float = 90, **labels: str) -> dict[str, Any]:
    return {"labels": {"alertname": name, **labels}, "annotations": {}, "state": state, "activeAt": at(active_s)}


def rule(name: str = "Down", evaluated_s: float | None = 86_400, **fields: Any) -> dict[str, Any]:
    evaluated_at = NEVER if evaluated_s is None else at(evaluated_s)
    return {
        **{"type": "alerting", "name": name, "query": f"{name} == 0", "duration": 300, "labels": {}},
        **{"health": "unknown" if evaluated_s is None else "ok", "lastEvaluation": evaluated_at},
        **fields,
    }


class FakeServer:
    """What a Prometheus answers; a number is an HTTP status."""

    def __init__(self) -> None:
        self.alerts: Any = []
        self.more: dict[str, Any] = {}
        self.rules: Any = [rule()]
        self.start: Any = {"startTime": at(0)}
        self.config: Any = {"yaml": CONFIG}
        self.asked: list[str] = []
        self.url = ""

    def respond(self, request: Any) -> None:
        path = request.path.partition("?")[0]
        self.asked.append(request.path)
        answer = {
            "/api/v1/alerts": self.alerts if isinstance(self.alerts, int) else {"alerts": self.alerts},
            "/api/v1/rules": self.rules
            if isinstance(self.rules, int)
            else {"groups": [{"name": "g", "interval": 30, "rules": self.rules}]},
            "/api/v1/status/runtimeinfo": self.start,
            "/api/v1/status/config": self.config,
        }[path]
        if isinstance(answer, int):
            request.answer({"status": "error", "error": "no"}, answer)
        else:
            request.answer({"status": "success", "data": answer} | (self.more if path == "/api/v1/alerts" else {}))


@pytest.fixture
def server(serve: Serve) -> FakeServer:
    fake = FakeServer()
    fake.url = serve(fake.respond)
    return fake


@pytest.fixture
def connector(server: FakeServer) -> Iterator[PrometheusConnector]:
    connector = PrometheusConnector(MonitorAccess(server.url))
    yield connector
    connector.close()


def said(connector: PrometheusConnector) -> AlertPage:
    return next(connector.alerts(), AlertPage([]))


def test_a_complete_pull_takes_four_requests_and_misses_nothing(
    server: FakeServer, connector: PrometheusConnector
) -> None:
    server.alerts = [alert()]
    page = said(connector)
    assert (page.completeness, page.missing, page.still_open, page.undecided_names) == ("complete", [], [], [])
    assert sorted(path.partition("?")[0] for path in server.asked) == [
        *("/api/v1/alerts", "/api/v1/rules", "/api/v1/status/config", "/api/v1/status/runtimeinfo")
    ]
    server.alerts = []
    assert list(connector.alerts()) == []


def test_an_alert_is_shown_at_its_expression(server: FakeServer, connector: PrometheusConnector) -> None:
    server.alerts = [alert(), alert("Twice", team="pay"), alert("Unknown")]
    twice = [rule("Twice", labels={"team": team}, query=f'x{{team="{team}"}} > 1') for team in ("pay", "shop")]
    server.rules = [rule(query='up{job="a b"} == 0'), *twice]
    links = {report.labels["alertname"]: report.source_url for report in said(connector).records}
    assert links == {
        "Down": f"{server.url}/graph?g0.expr=up%7Bjob%3D%22a+b%22%7D+%3D%3D+0&g0.tab=1",
        "Twice": f"{server.url}/graph?g0.expr=x%7Bteam%3D%22pay%22%7D+%3E+1&g0.tab=1",
        "Unknown": f"{server.url}/alerts",
    }


def test_labels_that_are_relabelled_identify(server: FakeServer, connector: PrometheusConnector) -> None:
    server.alerts = [alert(replica="x")]
    [report] = said(connector).records
    assert report.labels == {"alertname": "Down", "replica": "x"}
    assert report.external_id == fingerprint(report.labels)


def test_an_alert_that_prometheus_does_not_send_is_none(server: FakeServer, connector: PrometheusConnector) -> None:
    server.config = {"yaml": CONFIG + "  - {action: drop, source_labels: [team], regex: test}\n"}
    server.alerts = [alert(team="test"), alert(team="test", state="pending"), alert(team="pay")]
    page = said(connector)
    assert [report.labels["team"] for report in page.records] == ["pay"]
    assert page.still_open == [fingerprint({"alertname": "Down", "team": "pay"})][1:]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"warnings": ["no StoreAPIs matched", "dial tcp: refused"]}, "no StoreAPIs matched"),
        ({"warnings": "text"}, "partial"),
        ({"warnings": [1]}, "partial"),
        ({"isPartial": True}, "partial"),
        ({"isPartial": "yes", "warnings": []}, "partial"),
    ],
)
def test_a_partial_response_ends_nothing(
    more: dict[str, Any], words: str, server: FakeServer, connector: PrometheusConnector
) -> None:
    server.more = more
    page = said(connector)
    assert page.completeness is Completeness.PARTIAL
    assert words in page.missing[0]


@pytest.mark.parametrize(
    "more", [{}, {"warnings": []}, {"warnings": None}, {"isPartial": False}, {"infos": ["a remark"]}]
)
def test_a_remark_is_no_partial_response(more: Any, server: FakeServer, connector: PrometheusConnector) -> None:
    server.more = more
    assert said(connector) == AlertPage([])


def test_null_instead_of_a_list_is_doubtful(server: FakeServer, connector: PrometheusConnector) -> None:
    server.alerts = None
    page = said(connector)
    assert (page.completeness, len(page.missing), page.records) == (Completeness.DOUBTFUL, 1, [])


def test_rules_that_have_not_run_since_the_start_make_the_pull_partial(
    server: FakeServer, connector: PrometheusConnector
) -> None:
    server.rules = [rule("A", None), rule("B", evaluated_s=-5), rule("C", evaluated_s=59), rule("D", evaluated_s=61)]
    page = said(connector)
    assert (page.completeness, page.undecided_names) == (Completeness.PARTIAL, ["A", "B", "C"])
    assert page.missing == [
        "3 of 4 alert rules have not run long enough since Prometheus started at 2026-11-20 12:00:00 UTC: A, B, C"
    ]


def test_a_rule_that_was_added_later_leaves_only_its_own_alerts_undecided(
    server: FakeServer, connector: PrometheusConnector
) -> None:
    server.rules = [rule("A"), rule("New", None)]
    page = said(connector)
    assert (page.completeness, page.undecided_names) == (Completeness.COMPLETE, ["New"])
    assert page.missing == ["1 of 2 alert rules have not run long enough: New"]


def test_rules_that_fail_leave_their_own_alerts_undecided(server: FakeServer, connector: PrometheusConnector) -> None:
    failing: dict[str, Any] = {"health": "err", "lastError": "many-to-many matching\nnot allowed"}
    server.rules = [rule("A"), *(rule(f"F{number}", **failing) for number in range(5))]
    page = said(connector)
    assert (page.completeness, page.undecided_names) == ("complete", ["F0", "F1", "F2", "F3", "F4"])
    assert page.missing[0] == "The alert rule F0 fails: many-to-many matching not allowed"
    assert page.missing[3] == "2 more alert rules fail: F3, F4"


def test_pending_alerts_are_still_open_after_a_start(server: FakeServer, connector: PrometheusConnector) -> None:
    server.alerts = [
        alert("Restored", "pending", active_s=-3600),
        alert("Anew", "pending", active_s=80),
        alert("Later", "pending", active_s=100),
        alert("Both", "pending", active_s=1),
        alert("Both"),
    ]
    server.rules = [rule(name) for name in ("Restored", "Anew", "Later", "Both")]
    page = said(connector)
    assert page.still_open == [fingerprint({"alertname": name}) for name in ("Restored", "Anew")]
    assert page.completeness is Completeness.COMPLETE


def test_pending_alerts_are_still_open_if_the_start_is_unknown(
    server: FakeServer, connector: PrometheusConnector
) -> None:
    server.start = 404
    server.alerts = [alert("Later", "pending", active_s=100_000)]
    assert said(connector).still_open == [fingerprint({"alertname": "Later"})]


def test_without_rules_everything_has_ended(server: FakeServer, connector: PrometheusConnector) -> None:
    # A file of rules that is gone is a real end.
    server.rules = []
    assert said(connector) == AlertPage([])


@pytest.mark.parametrize("status", [403, 404, 422])
def test_an_empty_list_is_doubtful_if_nobody_knows_whether_rules_ran(
    status: int, server: FakeServer, connector: PrometheusConnector
) -> None:
    server.rules = server.start = status
    assert said(connector).completeness is Completeness.DOUBTFUL
    server.alerts = [alert()]
    assert said(connector).completeness is Completeness.COMPLETE


def test_without_rules_to_see_a_recent_start_makes_the_pull_partial(
    server: FakeServer, connector: PrometheusConnector
) -> None:
    server.rules = 403
    server.start = {"startTime": (clock.now() - timedelta(minutes=1)).isoformat()}
    assert said(connector).completeness is Completeness.PARTIAL
    server.start = {"startTime": (clock.now() - timedelta(hours=1)).isoformat()}
    assert said(connector) == AlertPage([])


def test_rules_that_cannot_be_had_now_make_the_pull_partial(server: FakeServer, connector: PrometheusConnector) -> None:
    server.rules = 503
    server.alerts = [alert()]
    page = said(connector)
    assert (page.completeness, len(page.records)) == (Completeness.PARTIAL, 1)
    assert "HTTP 503" in page.missing[0]


def test_a_server_whose_rules_never_ran_is_partial_without_a_start(
    server: FakeServer, connector: PrometheusConnector
) -> None:
    server.start, server.rules = 404, [rule("A", None), rule("B", None)]
    assert said(connector).completeness is Completeness.PARTIAL
    server.rules = [rule("A"), rule("B", None)]
    assert said(connector).completeness is Completeness.COMPLETE


@pytest.mark.parametrize(
    "told",
    [{"startTime": "soon"}, {"startTime": NEVER}, {"startTime": "9999-12-31T23:59:59Z"}, {"startTime": 5}, [], None],
)
def test_a_start_that_is_none_is_unknown(told: Any, server: FakeServer, connector: PrometheusConnector) -> None:
    server.start = told
    assert said(connector) == AlertPage([])


@pytest.mark.parametrize("moment", [None, 5, "soon", NEVER, "9999-12-31T23:59:59Z", "1969-12-31T23:59:59Z"])
def test_a_time_that_is_none_is_left_out(moment: Any, server: FakeServer, connector: PrometheusConnector) -> None:
    server.alerts = [alert() | {"activeAt": moment, "value": ["1"], "annotations": None}]
    [report] = said(connector).records
    assert (report.started_at, report.value, report.annotations) == (None, None, {})


def test_a_server_without_rules_of_its_own_writes_null(server: FakeServer, connector: PrometheusConnector) -> None:
    server.rules = None
    server.alerts = [alert()]
    assert said(connector).completeness is Completeness.COMPLETE


def test_a_source_that_does_not_answer_in_time_is_asked_again(
    server: FakeServer, connector: PrometheusConnector
) -> None:
    server.rules = 408
    with pytest.raises(SourceTimeout):
        said(connector)
