"""What Alertmanagers keep quiet, and who may see the monitor's credentials."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app.connectors.base import MonitorAccess
from app.connectors.prometheus.alertmanagers import Alertmanagers
from app.connectors.prometheus.connector import PrometheusConnector
from app.enums import QuietKind
from app.errors import Invalid
from app.rules.alerts.alert_reports import AlertReport, Quiet
from app.rules.alerts.prometheus_labels import fingerprint

Serve = Callable[[Callable[[Any], None]], str]

LABELS = {"alertname": "Disk", "instance": "db1"}
DISK = fingerprint(LABELS)
END = datetime(2026, 12, 1, tzinfo=UTC)


def silence(id: str = "s1", ends: str = "2026-12-01T00:00:00.000Z", state: str = "active", **fields: Any) -> Any:
    return {
        **{"id": id, "status": {"state": state}, "createdBy": "小王", "comment": "换盘", "endsAt": ends},
        **{"matchers": [{"name": "alertname", "value": "Disk", "isRegex": False, "isEqual": True}]},
        **fields,
    }


def known(labels: dict[str, str] = LABELS, **status: Any) -> dict[str, Any]:
    quiet = {"state": "active", "silencedBy": [], "inhibitedBy": []}
    return {"fingerprint": fingerprint(labels), "labels": labels, "status": quiet | status}


class FakeAlertmanager:
    def __init__(self, serve: Serve, path: str = "") -> None:
        self.alerts: Any = []
        self.silences: Any = []
        self.status = 200
        self.asked: list[tuple[str, str | None]] = []
        self.keys: set[str | None] = set()
        """What the header X-Key said."""
        self.url = serve(self.respond) + path

    def respond(self, request: Any) -> None:
        path = request.path.partition("?")[0]
        self.asked.append((path, request.headers.get("Authorization")))
        self.keys.add(request.headers.get("X-Key"))
        if path.endswith("/api/v1/alerts"):
            firing = {"labels": LABELS, "annotations": {}, "state": "firing", "activeAt": "2026-11-29T01:00:00Z"}
            request.answer({"status": "success", "data": {"alerts": [firing]}})
        elif path.endswith(("/api/v2/alerts", "/api/v2/silences")):
            request.answer(self.alerts if path.endswith("alerts") else self.silences, self.status)
        else:
            request.answer({"status": "error", "error": "no"}, 404)


@pytest.fixture
def prometheus(serve: Serve) -> FakeAlertmanager:
    """Return a Prometheus with one firing alert; it can be an Alertmanager too, as behind one proxy."""
    return FakeAlertmanager(serve)


@pytest.fixture
def alertmanager(serve: Serve) -> FakeAlertmanager:
    return FakeAlertmanager(serve)


@pytest.fixture
def pull(prometheus: FakeAlertmanager) -> Iterator[Callable[..., tuple[AlertReport, list[str]]]]:
    def pull(*urls: str, **access: Any) -> tuple[AlertReport, list[str]]:
        """Return the only report and what was missing."""
        with closing(PrometheusConnector(MonitorAccess(prometheus.url, alertmanager_urls=urls, **access))) as connector:
            [page] = connector.alerts()
        [report] = page.records
        return report, list(page.missing)

    yield pull


Pull = Callable[..., tuple[AlertReport, list[str]]]


@pytest.mark.parametrize(
    ("status", "quiet"),
    [
        ({}, None),
        ({"state": "unprocessed"}, None),
        ({"silencedBy": ["s1"]}, Quiet(QuietKind.SILENCE, "s1", "小王", "换盘", END)),
        ({"silencedBy": ["s1", "s2", "gone"]}, Quiet(QuietKind.SILENCE, "s2", "小王", "换盘", END.replace(day=5))),
        ({"silencedBy": ["gone"]}, Quiet(QuietKind.SILENCE, "gone")),
        ({"silencedBy": ["s1"], "inhibitedBy": ["f"]}, Quiet(QuietKind.SILENCE, "s1", "小王", "换盘", END)),
        (
            {"inhibitedBy": [fingerprint({"alertname": "NodeDown"})]},
            Quiet(QuietKind.INHIBITION, fingerprint({"alertname": "NodeDown"}), comment="NodeDown"),
        ),
        ({"inhibitedBy": ["f"]}, Quiet(QuietKind.INHIBITION, "f")),
        (
            {"mutedBy": ["weekends"]},
            Quiet(QuietKind.SILENCE, "weekends", comment="Muted by the time interval weekends"),
        ),
        ({"state": "suppressed"}, Quiet(QuietKind.SOURCE)),
        ({"silencedBy": None, "inhibitedBy": 5, "mutedBy": [[]]}, None),
    ],
)
def test_what_keeps_an_alert_quiet(
    status: dict[str, Any], quiet: Quiet | None, alertmanager: FakeAlertmanager, pull: Pull
) -> None:
    alertmanager.alerts = [known(**status), known({"alertname": "NodeDown"})]
    alertmanager.silences = [silence(), silence("s2", "2026-12-05T00:00:00Z"), silence("s3", state="expired")]
    report, missing = pull(alertmanager.url)
    assert (report.quiet, report.is_quiet_known, missing) == (quiet, True, [])


@pytest.mark.parametrize(
    ("matchers", "is_covered"),
    [
        ([{"name": "alertname", "value": "Disk", "isRegex": False, "isEqual": True}], True),
        ([{"name": "alertname", "value": "Disk", "isRegex": False}], True),
        ([{"name": "alertname", "value": "D.*", "isRegex": True, "isEqual": True}], True),
        ([{"name": "alertname", "value": "D", "isRegex": True, "isEqual": True}], False),
        ([{"name": "alertname", "value": "Disk", "isRegex": False, "isEqual": False}], False),
        ([{"name": "team", "value": "", "isRegex": False, "isEqual": True}], True),
        ([{"name": "team", "value": ".+", "isRegex": True, "isEqual": False}], True),
        (
            [
                {"name": "alertname", "value": "Disk", "isRegex": False},
                {"name": "instance", "value": "db2", "isRegex": False},
            ],
            False,
        ),
        ([], False),
        (None, False),
        ([{"name": "alertname", "value": "(", "isRegex": True}], False),
        ([{"name": "alertname"}, 5], False),
    ],
)
def test_silences_count_before_alertmanager_has_the_alert(
    matchers: Any, is_covered: bool, alertmanager: FakeAlertmanager, pull: Pull
) -> None:
    # One that has just started has its silences, but no alerts until Prometheus sends them again.
    alertmanager.silences = [silence(matchers=matchers)]
    report, _ = pull(alertmanager.url)
    assert (report.quiet is not None, report.is_quiet_known) == (is_covered, is_covered)


def test_one_that_is_down_is_no_failure_while_another_answers(alertmanager: FakeAlertmanager, pull: Pull) -> None:
    alertmanager.alerts, alertmanager.silences = [known(silencedBy=["s1"])], [silence()]
    report, missing = pull("http://127.0.0.1:1", alertmanager.url)
    assert (report.quiet is not None, report.is_quiet_known, missing) == (True, True, [])


@pytest.mark.parametrize(("status", "alerts"), [(200, {}), (200, None), (401, []), (500, [])])
def test_what_is_quiet_stays_if_none_answers(
    status: int, alerts: Any, alertmanager: FakeAlertmanager, pull: Pull
) -> None:
    alertmanager.status, alertmanager.alerts = status, alerts
    report, [sentence] = pull("http://127.0.0.1:1", alertmanager.url)
    assert (report.quiet, report.is_quiet_known) == (None, False)
    assert sentence.startswith("No Alertmanager could be asked what it silences. 127.0.0.1:1: connection to ")
    assert alertmanager.url.removeprefix("http://") in sentence


def test_an_alertmanager_of_others_is_told_of(alertmanager: FakeAlertmanager, pull: Pull) -> None:
    alertmanager.alerts = [known({"alertname": "Another"})]
    report, missing = pull(alertmanager.url)
    assert missing == ["Alertmanager knows none of these alerts: does this Prometheus send its alerts to it?"]
    assert (report.quiet, report.is_quiet_known) == (None, False)


def test_without_alertmanagers_nothing_is_quiet(pull: Pull) -> None:
    report, missing = pull()
    assert (report.quiet, report.is_quiet_known, missing) == (None, True, [])


def test_another_server_never_gets_the_monitors_credentials(
    prometheus: FakeAlertmanager, alertmanager: FakeAlertmanager, pull: Pull
) -> None:
    for credentials in ({"api_token": "t0ken"}, {"username": "u", "password": "p"}):
        pull(alertmanager.url, **credentials)
    assert {header for _, header in alertmanager.asked} == {None}
    assert {header for _, header in prometheus.asked} == {"Bearer t0ken", "Basic dTpw"}


def test_another_server_never_gets_the_monitors_headers(
    prometheus: FakeAlertmanager, alertmanager: FakeAlertmanager, pull: Pull
) -> None:
    pull(alertmanager.url, headers={"X-Key": "secret"}, http_username="u", http_password="p")
    assert (alertmanager.keys, {header for _, header in alertmanager.asked}) == ({None}, {None})
    assert (prometheus.keys, {header for _, header in prometheus.asked}) == ({"secret"}, {"Basic dTpw"})


def test_the_same_server_gets_the_headers_too(prometheus: FakeAlertmanager, pull: Pull) -> None:
    pull(f"{prometheus.url}/alertmanager", headers={"X-Key": "secret"})
    assert prometheus.keys == {"secret"}


def test_another_server_is_reached_by_the_same_proxy_with_the_same_certificates() -> None:
    access = MonitorAccess(
        "http://prometheus", alertmanager_urls=["https://am:9093"], ca_pem="no certificate", headers={"X-Key": "secret"}
    )
    with pytest.raises(Invalid, match="not a certificate"):
        Alertmanagers(replace(access, url="http://other"))
    with pytest.raises(Invalid, match="proxy"):
        Alertmanagers(replace(access, ca_pem=None, proxy_url="ftp://proxy"))


def test_the_same_server_gets_them_under_any_path(prometheus: FakeAlertmanager, pull: Pull) -> None:
    pull(f"{prometheus.url}/alertmanager/", api_token="t0ken")
    paths = {path: header for path, header in prometheus.asked if "v2" in path}
    assert paths == {f"/alertmanager/api/v2/{name}": "Bearer t0ken" for name in ("alerts", "silences")}


def test_another_name_of_the_same_machine_is_another_server(prometheus: FakeAlertmanager, pull: Pull) -> None:
    pull(prometheus.url.replace("127.0.0.1", "localhost"), api_token="t0ken")
    assert {header for path, header in prometheus.asked if "v2" in path} == {None}


@pytest.mark.parametrize("url", ["ftp://am", "am:9093", "http://user:pass@am", "http://am/?x=1", ""])
def test_a_wrong_address_is_named(url: str) -> None:
    with pytest.raises(Invalid) as error:
        PrometheusConnector(MonitorAccess("http://prometheus", alertmanager_urls=[url]))
    assert error.value.field == "alertmanager_urls"
