"""The Prometheus connector reports a real Prometheus's alerts under the identities of the Alertmanager beside it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.connectors.base import Connector, MonitorAccess, alert_page
from app.connectors.registry import open_connector
from app.rules.alerts.alert_reports import AlertReport
from app.rules.alerts.prometheus_labels import fingerprint
from tests.real.zabbix_fill import wait_until

pytestmark = pytest.mark.real

LAB = Path(__file__).parent / "labs" / "prometheus"
COMES_AND_GOES = "EvenMinute"
ALWAYS = {"TargetDown", "NodeUp", "PendingFirst", "NoSeverityNoSummary", "Unicode"}


@pytest.fixture
def connector(prometheus_url: str) -> Iterator[Connector]:
    with open_connector("prometheus", MonitorAccess(prometheus_url)) as connector:
        yield connector


@pytest.fixture
def alertmanager_url(prometheus_url: str) -> str:
    """Return the address of the Alertmanager that the lab's Prometheus tells of its alerts, all of them there."""
    url = subprocess.run([LAB, "alertmanager-url"], capture_output=True, text=True, check=True).stdout.strip()
    wait_until(lambda: {labels["alertname"] for labels in known(url).values()} >= ALWAYS, 30, "the alerts")
    return url


def known(alertmanager_url: str) -> dict[str, dict[str, str]]:
    """Return the labels of Alertmanager's alerts by its own fingerprints, without the one that comes and goes."""
    alerts: list[dict[str, Any]] = httpx.get(f"{alertmanager_url}/api/v2/alerts", trust_env=False).json()
    return {one["fingerprint"]: one["labels"] for one in alerts if one["labels"]["alertname"] != COMES_AND_GOES}


def all_alerts(connector: Connector) -> dict[str, AlertReport]:
    return {report.external_id: report for page in connector.alerts() for report in alert_page(page).records}


def test_pulled_alerts_have_alertmanagers_own_fingerprints(connector: Connector, alertmanager_url: str) -> None:
    expected = {one: labels for one, labels in known(alertmanager_url).items() if labels["alertname"] in ALWAYS}
    assert {labels["lab"] for labels in expected.values()} == {"nagare"}
    found = all_alerts(connector)
    assert expected.keys() <= found.keys()
    rest = [report.message for report in found.values() if report.external_id not in expected]
    assert set(rest) <= {"resolves and fires again every other minute"}
    assert len(expected) == 6


def test_an_alert_is_on_the_host_that_its_target_is(connector: Connector, alertmanager_url: str) -> None:
    hosts = {host.external_id: host.name for page in connector.hosts() for host in page.records}
    reports = [report for report in all_alerts(connector).values() if report.host_external_id]
    assert {report.host_external_id: report.host_name for report in reports} == hosts
    down = {report.message: report.source_severity for report in reports if "is down" in report.message}
    assert down == {f"127.0.0.1:{port} of job dark is down": "critical" for port in (1, 2)}
    messages = {report.message: report.source_severity for report in reports}
    (node,) = [name for external_id, name in hosts.items() if external_id.startswith("node/")]
    assert messages[f"{node} is up"] == "info"
    (unicode,) = [message for message in messages if message.startswith("磁盘空间不足：")]
    (bare,) = [message for message in messages if message.startswith("NoSeverityNoSummary: instance=")]
    assert (messages[unicode], messages[bare]) == ("warning", "")


def test_only_what_prometheus_calls_firing_is_reported(connector: Connector, prometheus_url: str) -> None:
    def is_the_same() -> bool:
        alerts = httpx.get(f"{prometheus_url}/api/v1/alerts", trust_env=False).json()["data"]["alerts"]
        firing = [one for one in alerts if one["state"] == "firing"]
        return {fingerprint({**one["labels"], "lab": "nagare"}) for one in firing} == all_alerts(connector).keys()

    wait_until(is_the_same, 10, "the same alerts in two answers, which one that comes and goes may part")


@pytest.mark.parametrize(
    "labels",
    [
        {"alertname": "磁盘", "instance": "主机:1", "path": 'C:\\a "b"\nc'},
        {"alertname": "Empty", "nothing": ""},
        {"alertname": "Sorted", "Z": "1", "a": "2", "_": "3", "a_b": "4", "aB": "5"},
        {"alertname": "Long", "text": "长" * 2000},
        {"alertname": "Emoji", "text": "🔥ÿ\u00ad"},
    ],
)
def test_alertmanager_gives_any_labels_the_same_fingerprint(labels: dict[str, str], alertmanager_url: str) -> None:
    httpx.post(f"{alertmanager_url}/api/v2/alerts", json=[{"labels": labels}], trust_env=False).raise_for_status()
    kept = {name: value for name, value in labels.items() if value}
    wait_until(lambda: kept in known(alertmanager_url).values(), 10, labels["alertname"])
    assert known(alertmanager_url)[fingerprint(labels)] == kept
