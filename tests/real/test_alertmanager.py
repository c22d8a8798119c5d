"""A real Alertmanager posts its alerts to nagare, whose workers are killed meanwhile."""

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.acceptance.fixtures import _tidy, database_url, stack, user
from tests.acceptance.stack import Stack
from tests.acceptance.user import Json, User
from tests.real.conftest import LABS
from tests.real.zabbix_fill import wait_until

__all__ = ["_tidy", "database_url", "stack", "user"]

pytestmark = pytest.mark.real

GROUPS, ALERTS_A_GROUP = 20, 10


class Alertmanager:
    """The lab's, to which alerts are given as Prometheus gives them."""

    def __init__(self) -> None:
        self.url = _lab("alertmanager-url")

    def alerts(self) -> list[Json]:
        found: list[Json] = httpx.get(f"{self.url}/api/v2/alerts", trust_env=False).raise_for_status().json()
        return found

    def give(self, name: str, *, until: datetime) -> None:
        """Let alerts fire until a moment; one that has passed ends them."""
        alerts = [
            {
                "labels": {"alertname": f"{name} {group}", "instance": f"主机-{number}", "severity": "critical"},
                "annotations": {"summary": f"{name} {group} on 主机-{number}"},
                "endsAt": until.isoformat(),
            }
            for group in range(GROUPS)
            for number in range(ALERTS_A_GROUP)
        ]
        httpx.post(f"{self.url}/api/v2/alerts", json=alerts, trust_env=False).raise_for_status()


@pytest.fixture
def monitor(user: User, prometheus_url: str) -> int:
    return user.add_monitor(prometheus_url, "prometheus")


@pytest.fixture
def alertmanager(prometheus_url: str, stack: Stack, user: User, monitor: int) -> Iterator[Alertmanager]:
    """Yield an Alertmanager that posts to the monitor's webhook."""
    token = user.post(f"/monitors/{monitor}/webhook-token", 201)["token"]
    _lab("webhook", f"http://127.0.0.1:{stack.port}/api/v1/alerts/webhook", token)
    yield Alertmanager()
    _lab("webhook")


def test_what_is_posted_is_what_is_pulled(stack: Stack, user: User, monitor: int, alertmanager: Alertmanager) -> None:
    stack.start_worker()
    expected = {"TargetDown", "NodeUp", "PendingFirst", "NoSeverityNoSummary", "Unicode"}

    def firing() -> set[str]:
        return {each["fingerprint"] for each in alertmanager.alerts() if each["labels"]["alertname"] in expected}

    def posted() -> set[str]:
        return {alert["external_id"] for alert in user.all("/alerts", monitor_id=monitor, source="prometheus")}

    wait_until(lambda: len(firing()) == 6 and firing() <= posted(), 60, "Alertmanager's alerts")
    before = {alert["external_id"]: alert for alert in user.all("/alerts", monitor_id=monitor)}
    task = user.end(user.pull(monitor, "alerts"))
    assert (task["state"], task["result"]["seen"] >= 6) == ("succeeded", True)
    after = {alert["external_id"]: alert for alert in user.all("/alerts", monitor_id=monitor)}
    for fingerprint in firing():
        one, other = before[fingerprint], after[fingerprint]
        same = ("id", "message", "severity", "status", "comment", "occurrence")
        assert {name: one[name] for name in same} == {name: other[name] for name in same}
        assert other["count"] > one["count"], "the pull reported it again"


def test_every_firing_and_every_end_is_accounted_for_while_workers_are_killed(
    stack: Stack, user: User, monitor: int, alertmanager: Alertmanager
) -> None:
    worker = stack.start_worker()

    def statuses(name: str) -> list[int]:
        return [alert["status"] for alert in user.all("/alerts", monitor_id=monitor, q=f"{name} ")]

    for name in ("磁盘", "Latency"):
        alertmanager.give(name, until=datetime.now(UTC) + timedelta(minutes=5))
    worker.kill()
    worker = stack.launch_worker()
    for name in ("磁盘", "Latency"):
        wait_until(lambda name=name: statuses(name) == [0] * GROUPS * ALERTS_A_GROUP, 60, f"{name} to fire")  # type: ignore[misc]
    alertmanager.give("磁盘", until=datetime.now(UTC))
    worker.kill()
    stack.launch_worker()
    wait_until(lambda: statuses("磁盘") == [2] * GROUPS * ALERTS_A_GROUP, 60, "the ends")
    assert statuses("Latency") == [0] * GROUPS * ALERTS_A_GROUP
    alertmanager.give("Latency", until=datetime.now(UTC))
    wait_until(lambda: statuses("Latency") == [2] * GROUPS * ALERTS_A_GROUP, 60, "the other ends")
    for alert in user.all("/alerts", monitor_id=monitor, q="磁盘 ")[:20]:
        kinds = [event["kind"] for event in user.all(f"/alerts/{alert['id']}/events")]
        assert (kinds, alert["severity"], alert["occurrence"]) == (["resolved", "fired"], 2, 1)
    assert {task["state"] for task in user.all("/tasks", type="receive_alerts")} == {"succeeded"}


def _lab(*arguments: str) -> str:
    command = [str(LABS / "prometheus"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
    return done.stdout.strip()
