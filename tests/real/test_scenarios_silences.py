"""A silence in a real Alertmanager keeps an alert quiet in nagare, from one pull to another."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.fixtures import _tidy, database_url, stack, user, worker
from tests.acceptance.user import Json, User
from tests.cli.processes import wait_for
from tests.real.prometheus_servers import Alertmanager, Prometheus

__all__ = ["_tidy", "database_url", "stack", "user", "worker"]

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("worker")]

DISK = {"alert": "Disk", "expr": "vector(97)", "labels": {"severity": "critical"}}
UNTIL = "2099-01-01T00:00:00Z"


@pytest.fixture
def alertmanager(tmp_path: Path) -> Iterator[Alertmanager]:
    server = Alertmanager(tmp_path)
    yield server
    server.kill()


@pytest.fixture
def monitor(tmp_path: Path, alertmanager: Alertmanager, user: User) -> Iterator[int]:
    prometheus = Prometheus(tmp_path, [DISK], [alertmanager])
    try:
        yield user.add_monitor(prometheus.url, "prometheus", alertmanager_urls=[alertmanager.url])
    finally:
        prometheus.kill()


def pull(user: User, monitor: int) -> tuple[Json, Json]:
    """Pull, and return the task's result and the only alert."""
    task = user.end(user.pull(monitor, "alerts"))
    assert task["state"] == "succeeded"
    [alert] = user.all("/alerts", monitor_id=monitor)
    return task["result"], alert


def test_a_silenced_alert_is_suppressed_until_its_silence_ends(
    user: User, monitor: int, alertmanager: Alertmanager
) -> None:
    wait_for(lambda: alertmanager.states() == {"Disk": "active"}, "the alert")
    _, alert = pull(user, monitor)
    assert (alert["suppressed"], alert["silenced_by"]) == (False, None)

    id = alertmanager.silence(UNTIL, alertname="Disk")
    wait_for(lambda: alertmanager.states() == {"Disk": "suppressed"}, "the silence")
    _, alert = pull(user, monitor)
    silence = alert["silenced_by"]
    assert (alert["suppressed"], silence["kind"], silence["id"]) == (True, "silence", id)
    assert (silence["by"], silence["comment"], silence["until"][:19]) == ("小王", "换盘", UNTIL[:19])
    assert user.get("/alerts/score", monitor_id=monitor)["score"] == 100

    alertmanager.stop()
    result, alert = pull(user, monitor)
    assert (alert["suppressed"], alert["silenced_by"]) == (True, silence)
    assert "No Alertmanager could be asked" in result["missing"][0]

    alertmanager.start()
    alertmanager.end_silence(id)
    wait_for(lambda: alertmanager.states() == {"Disk": "active"}, "the end of the silence")
    _, alert = pull(user, monitor)
    assert (alert["suppressed"], alert["silenced_by"]) == (False, None)
    kinds = [event["kind"] for event in user.all(f"/alerts/{alert['id']}/events")]
    assert [kind for kind in kinds if kind != "changed"] == ["returned", "suppressed", "fired"]
