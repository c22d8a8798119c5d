"""Restarts of a real Prometheus end no alert; a rule that is gone does."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.fixtures import _tidy, database_url, stack, user, worker
from tests.acceptance.user import Json, User
from tests.cli.processes import wait_for
from tests.real.prometheus_servers import Prometheus

__all__ = ["_tidy", "database_url", "stack", "user", "worker"]

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("worker")]

AT_ONCE = {"alert": "AtOnce", "expr": "prometheus_build_info", "labels": {"severity": "page"}}
WAITS = {"alert": "Waits", "expr": "prometheus_build_info", "for": "4s"}
BROKEN = {"alert": "Broken", "expr": "prometheus_build_info + on(job) prometheus_http_requests_total"}
RESTARTS = 2
SCRAPE_INTERVAL = "3s"
"""For twice as long after a start its rules are not trusted: enough for a pull on a busy machine."""


@pytest.fixture
def prometheus(tmp_path: Path) -> Iterator[Prometheus]:
    server = Prometheus(tmp_path, [AT_ONCE, WAITS], scrape_interval=SCRAPE_INTERVAL)
    yield server
    server.kill()


@pytest.fixture
def monitor(prometheus: Prometheus, user: User) -> int:
    """Return the id of a monitor whose two alerts fire and were pulled."""
    monitor = user.add_monitor(prometheus.url, "prometheus")
    wait_for(lambda: prometheus.firing() == {"AtOnce", "Waits"}, "both alerts")
    assert pull(user, monitor)["new"] == 2
    return monitor


def pull(user: User, monitor: int) -> Json:
    task = user.end(user.pull(monitor, "alerts"))
    assert task["state"] == "succeeded"
    result: Json = task["result"]
    return result


def statuses(user: User, monitor: int) -> dict[str, int]:
    return {alert["labels"]["alertname"]: alert["status"] for alert in user.all("/alerts", monitor_id=monitor)}


def test_a_restart_ends_no_alert(prometheus: Prometheus, user: User, monitor: int) -> None:
    for number in range(RESTARTS):
        prometheus.restart()
        results = [pull(user, monitor)]
        while results[-1]["completeness"] != "complete" or prometheus.firing() != {"AtOnce", "Waits"}:
            results.append(pull(user, monitor))
        results.append(pull(user, monitor))
        assert results[0]["completeness"] == "partial", f"restart {number}: its rules had not run"
        assert "alert rules have not run long enough since Prometheus started" in results[0]["missing"][0]
        assert sum(result["resolved"] + result["new"] + result["reopened"] for result in results) == 0
        assert statuses(user, monitor) == {"AtOnce": 0, "Waits": 0}
    for alert in user.all("/alerts", monitor_id=monitor):
        kinds = [event["kind"] for event in user.all(f"/alerts/{alert['id']}/events")]
        assert (alert["occurrence"], {"resolved", "reopened"} & {*kinds}) == (1, set())


def test_a_rule_that_is_gone_ends_its_alert(prometheus: Prometheus, user: User, monitor: int) -> None:
    prometheus.write_rules([AT_ONCE])
    prometheus.reload()
    result = pull(user, monitor)
    assert (result["resolved"], result["completeness"]) == (1, "complete")
    assert statuses(user, monitor) == {"AtOnce": 0, "Waits": 2}
    prometheus.write_rules([])
    prometheus.reload()
    assert pull(user, monitor)["resolved"] == 1


def test_a_rule_that_fails_after_a_restart_keeps_its_alert(prometheus: Prometheus, user: User, monitor: int) -> None:
    prometheus.write_rules([{**BROKEN, "alert": "AtOnce"}])
    prometheus.restart()
    wait_for(lambda: pull(user, monitor)["completeness"] == "complete", "a complete pull")
    result = pull(user, monitor)
    assert result["missing"][0].startswith("The alert rule AtOnce fails: found duplicate series")
    assert statuses(user, monitor) == {"AtOnce": 0, "Waits": 2}
