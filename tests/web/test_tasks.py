"""Requests that become tasks."""

import re
from typing import Any

import pytest

from app.composition import Services
from app.connectors.simulator.connector import SimulatorConnector
from tests.web.caller import FLEET, Caller

TASK_ID = "[a-z_]+:[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"


@pytest.fixture
def ids(operator: Caller, fleet: int) -> dict[str, int]:
    """Return the ids of a monitor, a host of it and an item of that."""
    item = operator.get("/items?limit=1").json["items"][0]
    return {"monitor_id": fleet, "host_id": item["host_id"], "item_id": item["id"]}


@pytest.mark.parametrize(
    ("path", "type", "message", "names"),
    [
        ("/hosts/pull-async", "pull_hosts", "Host pull task queued", ["monitor_id"]),
        ("/items/pull-async", "pull_items", "Item pull task queued", ["monitor_id"]),
        ("/hosts/{host_id}/pull-async", "pull_host", "Host pull task queued", ["monitor_id", "host_id"]),
        ("/hosts/{host_id}/items/pull-async", "pull_items", "Item pull task queued", ["monitor_id", "host_id"]),
        (
            "/hosts/{host_id}/items/{item_id}/pull-async",
            "pull_item",
            "Item pull task queued",
            ["monitor_id", "host_id", "item_id"],
        ),
    ],
)
def test_a_pull_is_accepted(
    operator: Caller, ids: dict[str, int], path: str, type: str, message: str, names: list[str]
) -> None:
    answer = operator.post(f"/monitors/{ids['monitor_id']}{path.format(**ids)}")
    assert answer.status == 202
    task_id = answer.json["task_id"]
    assert re.fullmatch(TASK_ID, task_id)
    assert answer.json == {"message": message, "task_id": task_id, **{name: ids[name] for name in names}}
    assert answer.headers["Location"] == f"/api/v1/tasks/{task_id}"
    assert answer.headers["Retry-After"] == "1"

    task = operator.call_root("GET", answer.headers["Location"]).json
    assert (task["task_id"], task["type"], task["state"]) == (task_id, type, "queued")
    assert task["params"] == {name: ids[name] for name in names}
    assert (task["attempts"], task["max_retries"], task["history"]) == (0, 3, [])
    assert task["progress"] == {"done": 0, "total": None, "message": ""}
    assert operator.get("/queue/stats").json[type] == 1


@pytest.mark.parametrize(
    ("path", "type", "message"),
    [
        ("/hosts/{host_id}/push-async", "push_host", "Host push task queued"),
        ("/hosts/{host_id}/items/{item_id}/push-async", "push_item", "Item push task queued"),
    ],
)
def test_a_push_is_accepted_where_the_monitor_can_be_written(
    operator: Caller, ids: dict[str, int], monkeypatch: pytest.MonkeyPatch, path: str, type: str, message: str
) -> None:
    address = f"/monitors/{ids['monitor_id']}{path.format(**ids)}"
    assert operator.post(address).status == 409
    monkeypatch.setattr(SimulatorConnector, "writable", True)
    answer = operator.post(address)
    assert (answer.status, answer.json["message"]) == (202, message)
    assert operator.get("/queue/stats").json[type] == 1


def test_five_pulls_wait_and_are_counted(admin: Caller) -> None:
    for number in range(5):
        monitor = admin.post("/monitors", {"name": f"m{number}", "type": "simulator", "url": FLEET}).json
        assert admin.post(f"/monitors/{monitor['id']}/hosts/pull-async").status == 202
    assert admin.get("/queue/stats").json == {
        "pull_hosts": 5,
        "pull_items": 0,
        "pull_host": 0,
        "pull_item": 0,
        "push_host": 0,
        "push_item": 0,
        "generate_alerts": 0,
        "dead": 0,
    }


def test_an_unknown_monitor_host_or_item_is_not_found(operator: Caller, ids: dict[str, int]) -> None:
    monitor_id, host_id = ids["monitor_id"], ids["host_id"]
    for path in (
        "/monitors/999/hosts/pull-async",
        f"/monitors/{monitor_id}/hosts/999/pull-async",
        f"/monitors/{monitor_id}/hosts/{host_id}/items/999/pull-async",
        f"/monitors/{monitor_id}/hosts/999/items/{ids['item_id']}/push-async",
    ):
        assert operator.post(path).status == 404, path


def test_a_disabled_monitor_is_a_conflict(admin: Caller, fleet: int) -> None:
    admin.patch(f"/monitors/{fleet}", {"enabled": False})
    for path in ("hosts/pull-async", "items/pull-async", "hosts/pull"):
        assert admin.post(f"/monitors/{fleet}/{path}").status == 409, path


def test_a_repeat_with_the_same_key_is_answered_with_the_first_task(operator: Caller, fleet: int) -> None:
    key = {"Idempotency-Key": "deploy-42"}
    first = operator.post(f"/monitors/{fleet}/hosts/pull-async", headers=key)
    again = operator.post(f"/monitors/{fleet}/hosts/pull-async", headers=key)
    assert (first.status, again.status) == (202, 202)
    assert again.json == first.json
    assert operator.get("/queue/stats").json["pull_hosts"] == 1
    other = operator.post(f"/monitors/{fleet}/items/pull-async", headers=key)
    assert (other.status, list(other.json["errors"])) == (422, ["Idempotency-Key"])


@pytest.mark.parametrize("key", ["", "k" * 201, "two words", "schlüssel"])
def test_a_key_must_be_one(operator: Caller, fleet: int, key: str) -> None:
    answer = operator.post(f"/monitors/{fleet}/hosts/pull-async", headers={"Idempotency-Key": key})
    assert (answer.status, list(answer.json["errors"])) == (422, ["Idempotency-Key"])


def test_without_redis_a_task_is_accepted_all_the_same(
    operator: Caller, fleet: int, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.broker._circuit_breaker, "_opened_until", float("inf"))
    answer = operator.post(f"/monitors/{fleet}/hosts/pull-async")
    assert answer.status == 202
    assert operator.get(f"/tasks/{answer.json['task_id']}").json["state"] == "queued"
    stats = operator.get("/queue/stats")
    assert (stats.status, stats.json["code"], stats.headers["Retry-After"]) == (503, "broker_unavailable", "5")


def test_tasks_are_listed_and_filtered(operator: Caller, fleet: int) -> None:
    pull = operator.post(f"/monitors/{fleet}/hosts/pull-async").json["task_id"]
    alerts = operator.post("/alerts/generate-test").json["task_id"]

    def listed(query: str) -> list[Any]:
        answer = operator.get(f"/tasks{query}")
        assert answer.status == 200, answer.text
        return [task["task_id"] for task in answer.json["items"]]

    assert listed("") == [alerts, pull]
    assert listed("?type=pull_hosts") == [pull]
    assert listed(f"?monitor_id={fleet}&state=queued") == [pull]
    assert listed("?state=dead") == []
    assert listed("?created_before=2020-01-01T00:00:00Z") == []
    assert listed("?created_after=2020-01-01T00:00:00%2B08:00") == [alerts, pull]
    assert "history" not in operator.get("/tasks").json["items"][0]


def test_a_waiting_task_is_cancelled_once(operator: Caller, fleet: int) -> None:
    task_id = operator.post(f"/monitors/{fleet}/hosts/pull-async").json["task_id"]
    cancelled = operator.post(f"/tasks/{task_id}/cancel")
    assert (cancelled.status, cancelled.json["state"]) == (202, "cancelled")
    assert cancelled.headers["Location"] == f"/api/v1/tasks/{task_id}"
    assert operator.post(f"/tasks/{task_id}/cancel").status == 409
    assert operator.get("/queue/stats").json["pull_hosts"] == 0


def test_a_cancellation_that_is_repeated_with_its_key_is_answered_as_the_first_one(
    operator: Caller, fleet: int
) -> None:
    task_ids = [operator.post(f"/monitors/{fleet}/hosts/pull-async").json["task_id"] for _ in range(2)]
    key = {"Idempotency-Key": "cancel-1"}
    answers = [operator.post(f"/tasks/{task_ids[0]}/cancel", headers=key) for _ in range(2)]
    assert [(answer.status, answer.json["task_id"]) for answer in answers] == [(202, task_ids[0])] * 2
    other = operator.post(f"/tasks/{task_ids[1]}/cancel", headers=key)
    assert (other.status, list(other.json["errors"])) == (422, ["Idempotency-Key"])
    assert operator.get(f"/tasks/{task_ids[1]}").json["state"] == "queued"


def test_an_unknown_task_is_not_found(operator: Caller) -> None:
    unknown = "pull_hosts:0192f0c1-0000-7000-8000-000000000000"
    assert operator.get(f"/tasks/{unknown}").status == 404
    assert operator.post(f"/tasks/{unknown}/cancel").status == 404


def test_a_unique_request_is_answered_with_the_task_that_has_not_ended(
    operator: Caller, services: Services, fleet: int
) -> None:
    path = f"/monitors/{fleet}/hosts/pull-async"
    first = operator.post(f"{path}?unique=true").json["task_id"]
    assert operator.post(f"{path}?unique=true").json["task_id"] == first
    assert operator.post(path).json["task_id"] != first
    assert operator.post(f"/monitors/{fleet}/items/pull-async?unique=true").json["task_id"] != first
    assert operator.post(f"{path}?unique=yes").json["errors"].keys() == {"unique"}
    claim = services.ledger.lifecycle.begin(first, "worker@test/1")
    assert claim is not None
    assert operator.post(f"{path}?unique=true").json["task_id"] == first


@pytest.mark.parametrize("has_failed", [True, False])
def test_a_task_that_has_ended_blocks_no_new_one(operator: Caller, services: Services, has_failed: bool) -> None:
    path = "/alerts/generate-test?unique=true"
    first = operator.post(path).json["task_id"]
    claim = services.ledger.lifecycle.begin(first, "worker@test/1")
    assert claim is not None
    assert (
        services.ledger.lifecycle.fail(claim, ValueError())
        if has_failed
        else services.ledger.lifecycle.succeed(claim, {})
    )
    assert operator.post(path).json["task_id"] != first


def test_a_key_given_with_a_unique_request_stays_bound_to_its_task(operator: Caller, fleet: int) -> None:
    path = f"/monitors/{fleet}/hosts/pull-async"
    first = operator.post(path).json["task_id"]
    key = {"Idempotency-Key": "nightly"}
    assert operator.post(f"{path}?unique=true", headers=key).json["task_id"] == first
    operator.post(f"/tasks/{first}/cancel")
    assert operator.post(f"{path}?unique=true", headers=key).json["task_id"] == first
