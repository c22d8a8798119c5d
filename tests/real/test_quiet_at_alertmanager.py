"""What real Alertmanagers silence or inhibit is quiet here, as long as they do."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.connectors.base import AlertPage, MonitorAccess, alert_page
from app.connectors.registry import open_connector
from app.enums import QuietKind
from app.rules.alerts.alert_reports import AlertReport, Quiet
from tests.cli.processes import wait_for
from tests.real.prometheus_servers import Alertmanager, Prometheus

pytestmark = pytest.mark.real

UNTIL = datetime(2099, 1, 1, tzinfo=UTC)
RULES = [
    {"alert": "NodeDown", "expr": "vector(1)", "labels": {"instance": "db1", "severity": "critical"}},
    {
        "alert": "Disk",
        "expr": "vector(97)",
        "labels": {"instance": "db1"},
        "annotations": {"summary": "磁盘 {{ $value }}%"},
    },
]
INHIBITION = {"source_matchers": ["alertname=NodeDown"], "target_matchers": ["alertname=Disk"], "equal": ["instance"]}
REPLICA = [{"action": "labeldrop", "regex": "prometheus_replica"}]

Stoppable = Prometheus | Alertmanager


@pytest.fixture
def kept() -> Iterator[Callable[[Stoppable], object]]:
    """Return what ends a server when the test is over."""
    with contextlib.ExitStack() as stack:
        yield lambda server: stack.callback(server.kill)


def first_page(prometheus: Prometheus, *alertmanager_urls: str) -> AlertPage:
    access = MonitorAccess(prometheus.url, alertmanager_urls=alertmanager_urls)
    with open_connector("prometheus", access) as connector:
        return alert_page(next(iter(connector.alerts())))


def pull(prometheus: Prometheus, *alertmanager_urls: str) -> dict[str, AlertReport]:
    return {report.labels["alertname"]: report for report in first_page(prometheus, *alertmanager_urls).records}


def test_a_silence_is_seen_with_its_author_comment_and_end(tmp_path: Path, kept: Callable[[Stoppable], object]) -> None:
    kept(alertmanager := Alertmanager(tmp_path))
    kept(prometheus := Prometheus(tmp_path, RULES, [alertmanager]))
    wait_for(lambda: alertmanager.states() == {"NodeDown": "active", "Disk": "active"}, "the alerts")
    report = pull(prometheus, alertmanager.url)["Disk"]
    assert (report.quiet, report.is_quiet_known, report.value, report.message) == (None, True, "9.7e+01", "磁盘 97%")
    assert report.source_url == f"{prometheus.url}/graph?g0.expr=vector%2897%29&g0.tab=1"
    id = alertmanager.silence(UNTIL.isoformat(), alertname="Disk")
    wait_for(lambda: alertmanager.states()["Disk"] == "suppressed", "the silence")
    reports = pull(prometheus, f"{alertmanager.url}/")
    assert reports["Disk"].quiet == Quiet(QuietKind.SILENCE, id, "小王", "换盘", UNTIL)
    assert reports["NodeDown"].quiet is None
    # One that starts again has its silences, but no alerts until they are sent again.
    alertmanager.stop()
    alertmanager.start()
    assert pull(prometheus, alertmanager.url)["Disk"].quiet == Quiet(QuietKind.SILENCE, id, "小王", "换盘", UNTIL)
    alertmanager.end_silence(id)
    wait_for(lambda: alertmanager.states().get("Disk") == "active", "the end of the silence")
    assert pull(prometheus, alertmanager.url)["Disk"].quiet is None


def test_an_inhibition_names_what_inhibits(tmp_path: Path, kept: Callable[[Stoppable], object]) -> None:
    kept(alertmanager := Alertmanager(tmp_path, inhibit_rules=[INHIBITION]))
    kept(prometheus := Prometheus(tmp_path, RULES, [alertmanager]))
    wait_for(lambda: alertmanager.states() == {"NodeDown": "active", "Disk": "suppressed"}, "the inhibition")
    reports = pull(prometheus, alertmanager.url)
    assert reports["Disk"].quiet == Quiet(QuietKind.INHIBITION, reports["NodeDown"].external_id, comment="NodeDown")
    prometheus.write_rules(RULES[1:])
    prometheus.reload()
    wait_for(lambda: alertmanager.states().get("Disk") == "active", "the end of the inhibition")
    assert pull(prometheus, alertmanager.url)["Disk"].quiet is None


def test_of_two_alertmanagers_one_may_be_down(tmp_path: Path, kept: Callable[[Stoppable], object]) -> None:
    kept(one := Alertmanager(tmp_path))
    kept(other := Alertmanager(tmp_path, peer=one))
    kept(prometheus := Prometheus(tmp_path, RULES, [one, other]))
    one.silence(UNTIL.isoformat(), alertname="Disk")
    for each in (one, other):
        wait_for(lambda each=each: each.states().get("Disk") == "suppressed", "the silence in both")  # type: ignore[misc]
    one.kill()
    page = first_page(prometheus, one.url, other.url)
    [disk] = [report for report in page.records if report.labels["alertname"] == "Disk"]
    assert (disk.quiet and disk.quiet.by, disk.is_quiet_known, list(page.missing)) == ("小王", True, [])
    other.kill()
    page = first_page(prometheus, one.url, other.url)
    assert {report.is_quiet_known for report in page.records} == {False}
    assert "No Alertmanager could be asked" in page.missing[0]


def test_two_replicas_have_one_identity(tmp_path: Path, kept: Callable[[Stoppable], object]) -> None:
    kept(alertmanager := Alertmanager(tmp_path))
    replicas = [
        Prometheus(tmp_path, RULES, [alertmanager], {"cluster": "上海", "prometheus_replica": f"p-{number}"}, REPLICA)
        for number in range(2)
    ]
    for replica in replicas:
        kept(replica)
    wait_for(lambda: all(replica.firing() == {"NodeDown", "Disk"} for replica in replicas), "the alerts")
    one, other = (pull(replica) for replica in replicas)
    assert {name: report.external_id for name, report in one.items()} == {
        name: report.external_id for name, report in other.items()
    }
    assert one["Disk"].labels == {"alertname": "Disk", "cluster": "上海", "instance": "db1"}
    wait_for(lambda: len(alertmanager.states()) == 2, "Alertmanager's alerts")
    known = {alert["fingerprint"]: alert["labels"] for alert in alertmanager.get("/api/v2/alerts")}
    assert known == {report.external_id: report.labels for report in one.values()}
