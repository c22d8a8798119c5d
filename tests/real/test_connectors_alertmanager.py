"""The Alertmanager connector reads a real Alertmanager's alerts, and silences one when it is acknowledged."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from app import clock
from app.connectors.alertmanager.connector import SILENCED_FOR
from app.connectors.base import AlertPage, Completeness, MonitorAccess, alert_page
from app.connectors.registry import open_connector
from app.enums import QuietKind
from app.errors import SourceFailing, SourceUnreachable
from tests.cli.processes import wait_for
from tests.real.prometheus_servers import Alertmanager

pytestmark = pytest.mark.real

INHIBITION = {"source_matchers": ["alertname=NodeDown"], "target_matchers": ["alertname=Inhibited"], "equal": ["host"]}
DISK = {"alertname": "磁盘满了", "host": "db1", "severity": "page", "team": 'a"b\\c'}
NODE_DOWN = {"alertname": "NodeDown", "host": "db1"}
INHIBITED = {"alertname": "Inhibited", "host": "db1"}
OVER = {"alertname": "Over", "host": "db1"}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Alertmanager]]:
    """Return what starts an Alertmanager that ends with the test."""
    with ExitStack() as stack:

        def start(peer: Alertmanager | None = None) -> Alertmanager:
            server = Alertmanager(tmp_path, peer, [INHIBITION])
            stack.callback(server.kill)
            return server

        yield start


Start = Callable[..., Alertmanager]


def post(server: Alertmanager, *label_sets: dict[str, str], is_over: bool = False) -> None:
    """Send alerts as a Prometheus does."""
    now = clock.now()
    ends = now - timedelta(seconds=1) if is_over else now + timedelta(hours=1)
    body = [
        {
            "labels": labels,
            "annotations": {"summary": "磁盘只剩 3%"},
            "startsAt": (now - timedelta(minutes=2)).isoformat(),
            "endsAt": ends.isoformat(),
            "generatorURL": "http://prometheus.example/graph",
        }
        for labels in label_sets
    ]
    httpx.post(f"{server.url}/api/v2/alerts", json=body, trust_env=False).raise_for_status()


def pull(*urls: str) -> AlertPage:
    with open_connector("alertmanager", MonitorAccess(urls[0], alertmanager_urls=urls[1:])) as connector:
        return alert_page(next(iter(connector.alerts())))


def test_its_alerts_come_with_what_keeps_them_quiet(start: Start) -> None:
    server = start()
    post(server, DISK, NODE_DOWN, INHIBITED)
    post(server, OVER, is_over=True)
    wait_for(lambda: server.states().get("Inhibited") == "suppressed", "the inhibition")
    page = pull(server.url)
    reports = {report.labels["alertname"]: report for report in page.records}
    assert {*reports} == {"磁盘满了", "NodeDown", "Inhibited"}
    known = {alert["fingerprint"]: alert["labels"] for alert in server.get("/api/v2/alerts")}
    assert known == {report.external_id: report.labels for report in page.records}
    disk, inhibited = reports["磁盘满了"], reports["Inhibited"]
    assert (disk.message, disk.source_severity, disk.host_name, disk.quiet) == ("磁盘只剩 3%", "page", "db1", None)
    assert disk.source_url == "http://prometheus.example/graph"
    assert inhibited.quiet is not None
    assert (inhibited.quiet.kind, inhibited.quiet.comment) == (QuietKind.INHIBITION, "NodeDown")
    # It has just started, so what it does not list may still fire.
    assert (page.completeness, len(page.missing)) == (Completeness.PARTIAL, 1)


def test_an_acknowledgement_is_one_silence_with_an_end(start: Start) -> None:
    server = start()
    post(server, DISK, NODE_DOWN)
    [id] = [report.external_id for report in pull(server.url).records if report.labels == DISK]
    for comment in ("小李: 在看", "小王"):
        with open_connector("alertmanager", MonitorAccess(server.url)) as connector:
            connector.acknowledge_alert(id, comment)
            connector.acknowledge_alert("0000000000000000", comment)
    wait_for(lambda: server.states()["磁盘满了"] == "suppressed", "the silence")
    assert server.states()["NodeDown"] == "active"
    assert len(server.get("/api/v2/silences")) == 1
    [report] = [report for report in pull(server.url).records if report.external_id == id]
    assert report.quiet is not None
    assert (report.quiet.by, report.quiet.comment) == ("nagare", "Acknowledged in nagare: 小李: 在看")
    assert report.quiet.until is not None
    assert timedelta(0) < report.quiet.until - clock.now() <= SILENCED_FOR


def test_a_peer_speaks_for_a_member_that_is_down(start: Start) -> None:
    one = start()
    other = start(one)
    for server in (one, other):
        post(server, DISK)
    one.kill()
    assert [report.labels for report in pull(one.url, other.url).records] == [DISK]
    with open_connector("alertmanager", MonitorAccess(one.url, alertmanager_urls=[other.url])) as connector:
        assert connector.check()[:2] == "0."
    other.kill()
    with pytest.raises((SourceUnreachable, SourceFailing)):
        pull(one.url, other.url)
