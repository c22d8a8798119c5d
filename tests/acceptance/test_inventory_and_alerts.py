"""The second and the third scenario: a host's items, test alerts and the health score."""

import re

import pytest

from app.rules.alerts.generated_alerts import MESSAGES
from tests.acceptance.programs import Program
from tests.acceptance.user import Json, User
from tests.cli.processes import wait_for

FLEET = "simulator://demo?hosts=22&items=15&seed=1"

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture
def fleet(user: User) -> int:
    """Return the id of a monitor whose 22 hosts and 330 items are here."""
    monitor = user.add_monitor(FLEET)
    assert user.end(user.pull(monitor, "items"))["state"] == "succeeded"
    return monitor


def generate(user: User, **query: int) -> list[Json]:
    """Have test alerts made and return them, the first one first."""
    task = user.end(user.submit("/alerts/generate-test", **query))
    assert task["state"] == "succeeded", task
    mine = [each for each in user.all("/alerts") if each["external_id"].startswith(task["task_id"])]
    assert task["result"]["count"] == len(mine)
    return sorted(mine, key=lambda each: int(each["external_id"].rpartition(":")[2]))


def test_the_items_of_one_host_are_pulled(user: User) -> None:
    monitor = user.add_monitor("simulator://demo?hosts=3&items=15")
    user.end(user.pull(monitor))
    first, second, third = user.all("/hosts", monitor_id=monitor)
    path = f"/monitors/{monitor}/hosts/{second['id']}/items/pull-async"
    answer = user.call("POST", path, 202)
    task_id = answer.json()["task_id"]
    expected = {"message": "Item pull task queued", "monitor_id": monitor, "host_id": second["id"]}
    assert answer.json() == {**expected, "task_id": task_id}
    assert answer.headers["Location"] == f"/api/v1/tasks/{task_id}"

    task = user.end(task_id)
    assert (task["state"], task["type"], task["result"]["created"]) == ("succeeded", "pull_items", 15)
    assert task["progress"]["done"] == task["progress"]["total"] == 1
    items = user.all("/items", host_id=second["id"])
    assert len(items) == 15
    assert all(item["value"] is not None and item["status"] == 1 for item in items)
    assert user.all("/items", host_id=first["id"]) == user.all("/items", host_id=third["id"]) == []
    assert user.get(f"/hosts/{second['id']}")["item_count"] == 15


@pytest.mark.parametrize(("what", "total", "message"), [("hosts", None, "0 hosts"), ("items", 3, "0 items")])
def test_a_pull_tells_what_it_waits_for(user: User, what: str, total: int | None, message: str) -> None:
    monitor = user.add_monitor("simulator://demo?hosts=3&items=2")
    user.end(user.pull(monitor))
    user.change_monitor(monitor, url="simulator://demo?hosts=3&items=2&latency_ms=30000")
    task_id = user.pull(monitor, what)
    expected = {"done": 0, "total": total, "message": message}
    wait_for(lambda: user.task(task_id)["progress"] == expected, "its first page's progress")
    user.cancel(task_id)


def test_the_history_of_an_item_is_there_to_be_drawn(user: User, fleet: int) -> None:
    [item, *_] = user.all("/items", monitor_id=fleet)
    points = user.all(f"/items/{item['id']}/values")
    assert points[-1] == {"at": item["value_at"], "value": float(item["value"])}


def test_one_host_and_one_item_are_pulled(user: User, fleet: int) -> None:
    [item, *_] = user.all("/items", monitor_id=fleet)
    host = f"/monitors/{fleet}/hosts/{item['host_id']}"
    for path in (f"{host}/pull-async", f"{host}/items/{item['id']}/pull-async"):
        task = user.end(user.submit(path))
        assert (task["state"], task["result"]["seen"]) == ("succeeded", 1)


def test_fifty_test_alerts_lower_the_score_and_resolving_raises_it(user: User, fleet: int) -> None:
    assert user.get("/alerts/score")["score"] == 100
    answer = user.call("POST", "/alerts/generate-test", 202, count=50)
    task_id = answer.json()["task_id"]
    assert answer.json() == {"message": "Test alert generation task queued", "task_id": task_id, "count": 50}
    assert user.end(task_id)["state"] == "succeeded"

    alerts = user.all("/alerts", monitor_id=fleet)
    assert len(alerts) == 50
    items = {item["id"]: item for item in user.all("/items", monitor_id=fleet)}
    assert all(items[alert["item_id"]]["host_id"] == alert["host_id"] for alert in alerts)
    assert {alert["severity"] for alert in alerts} == {0, 1, 2}
    assert {alert["message"] for alert in alerts} <= {*MESSAGES}
    assert len(MESSAGES) == 15
    comments = [re.fullmatch(r"Auto-generated test alert #(\d+) at (\S+)", alert["comment"]) for alert in alerts]
    assert sorted(int(comment[1]) for comment in comments if comment) == [*range(1, 51)]
    assert {comment[2] for comment in comments if comment} == {f"{alert['first_seen_at'][:19]}Z" for alert in alerts}

    critical = [alert for alert in alerts if alert["severity"] == 2]
    for alert in critical:
        for path in (f"/hosts/{alert['host_id']}", f"/items/{alert['item_id']}"):
            marked = user.get(path)
            assert marked["status"] == 2
            assert marked["status_description"].startswith("Critical alert: ")
    assert len(user.all("/hosts", status=2)) == len({alert["host_id"] for alert in critical})

    fallen = user.get("/alerts/score")["score"]
    assert fallen < 100
    assert user.post("/alerts/resolve", body={"filter": {"source": "test"}}) == {"resolved": 50}
    assert fallen < user.get("/alerts/score")["score"] < 100
    assert user.all("/hosts", status=2) == user.all("/items", status=2) == []


def test_fifty_critical_alerts_on_the_demo_fleet_give_twenty_points(user: User, fleet: int) -> None:
    alerts = generate(user, count=50, severity=2)
    assert {alert["severity"] for alert in alerts} == {2}
    assert user.get("/alerts/score")["score"] == 20
    user.post("/alerts/resolve", body={"ids": [alert["id"] for alert in alerts]})
    assert user.get("/alerts/score")["score"] == 45


def test_the_same_seed_draws_the_same_alerts(user: User, fleet: int) -> None:
    drawn = [
        [(each["message"], each["severity"], each["host_id"], each["item_id"]) for each in generate(user, **query)]
        for query in ({"count": 20, "seed": 7}, {"count": 20, "seed": 7}, {"count": 20, "seed": 8})
    ]
    assert drawn[0] == drawn[1] != drawn[2]


def test_without_hosts_there_is_nothing_to_raise_alerts_on(user: User, worker: Program) -> None:
    task = user.end(user.submit("/alerts/generate-test", count=5))
    assert (task["state"], task["reason"], task["attempts"]) == ("dead", "failed", 1)
    assert task["error"] == "the inventory has no active hosts to raise alerts on: pull hosts first"
    assert user.get("/alerts/score")["score"] == 100


@pytest.mark.parametrize(("count", "severity"), [(0, 0), (10_001, 0), (5, 3)])
def test_what_cannot_be_generated_is_refused_at_once(user: User, count: int, severity: int) -> None:
    tasks = user.all("/tasks")
    answer = user.call("POST", "/alerts/generate-test", 422, count=count, severity=severity)
    assert ("count" if severity == 0 else "severity") in answer.json()["errors"]
    assert user.all("/tasks") == tasks
