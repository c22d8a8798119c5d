"""Alerts of monitors, pulled by a real worker."""

import pytest

from tests.acceptance.user import User

pytestmark = pytest.mark.usefixtures("worker")

ALWAYS = "simulator://demo?hosts=5&items=3&alerts=1"
NEVER = "simulator://demo?hosts=5&items=3&alerts=0"


def test_alerts_of_a_simulated_fleet_come_and_go(user: User) -> None:
    monitor = user.add_monitor(ALWAYS)
    user.end(user.pull(monitor, "items"))
    accepted = user.post(f"/monitors/{monitor}/alerts/pull-async", 202)
    assert accepted == {"message": "Alert pull task queued", "task_id": accepted["task_id"], "monitor_id": monitor}
    task = user.end(accepted["task_id"])
    assert (task["state"], task["result"]["new"], task["progress"]["done"]) == ("succeeded", 5, 5)
    alerts = user.all("/alerts", monitor_id=monitor)
    hosts = {host["id"] for host in user.all("/hosts", monitor_id=monitor)}
    assert {alert["host_id"] for alert in alerts} == hosts
    assert all(alert["item_id"] for alert in alerts)
    assert user.get("/alerts/score")["score"] < 100
    user.change_monitor(monitor, url=NEVER)
    assert user.end(user.pull(monitor, "alerts"))["result"] == {
        **dict.fromkeys(("seen", "new", "repeated", "reopened"), 0),
        "resolved": 5,
        "completeness": "complete",
        "missing": [],
    }
    assert {alert["status"] for alert in user.all("/alerts", monitor_id=monitor)} == {2}
