"""Queues, workers and dead letters over HTTP."""

import shutil
from pathlib import Path

import pytest

from app.composition import Services, build
from app.errors import WorkerLost
from app.web import create_app, make_tokens
from tests.web.caller import WORKER, Caller
from tests.web.conftest import make_settings


@pytest.fixture
def dead(services: Services, operator: Caller, fleet: int) -> list[str]:
    """Return the ids of a dead pull of hosts and of a dead generation of alerts, killed as a worker does it."""
    pull = operator.post(f"/monitors/{fleet}/hosts/pull-async").json["task_id"]
    alerts = operator.post("/alerts/generate-test").json["task_id"]
    for task_id in (pull, alerts):
        run = services.ledger.lifecycle.begin(task_id, "worker@test/1")
        assert run is not None
        services.ledger.lifecycle.fail(run, ValueError("the innermost reason"))
    return [pull, alerts]


def test_dead_letters_are_read(viewer: Caller, dead: list[str], fleet: int) -> None:
    letters = viewer.get("/queue/dead").json
    assert [letter["task_id"] for letter in letters["items"]] == dead[::-1]
    assert viewer.get("/queue/stats").json["dead"] == 2
    assert [found["task_id"] for found in viewer.get("/queue/dead?type=pull_hosts").json["items"]] == dead[:1]
    assert [found["task_id"] for found in viewer.get(f"/queue/dead?monitor_id={fleet}").json["items"]] == dead[:1]
    letter = viewer.get(f"/queue/dead/{dead[0]}").json
    assert letter["params"] == {"monitor_id": fleet}
    assert letter["attempts"] == 1
    assert "the innermost reason" in letter["error"]
    assert "ValueError" in letter["traceback"]
    assert len(letter["history"]) == 1


def test_a_dead_task_runs_again_under_its_id(operator: Caller, dead: list[str]) -> None:
    answer = operator.post(f"/queue/dead/{dead[0]}/retry")
    assert answer.status == 202
    assert answer.json == {"message": "Task queued again", "task_id": dead[0]}
    assert answer.headers["Location"] == f"/api/v1/tasks/{dead[0]}"
    task = operator.get(f"/tasks/{dead[0]}").json
    assert (task["state"], len(task["history"])) == ("queued", 1)
    assert operator.post(f"/queue/dead/{dead[0]}/retry").status == 404
    stats = operator.get("/queue/stats").json
    assert (stats["dead"], stats["pull_hosts"]) == (1, 2)


def test_a_retry_that_is_repeated_with_its_key_is_done_once(
    operator: Caller, services: Services, dead: list[str]
) -> None:
    key = {"Idempotency-Key": "retry-1"}
    assert operator.post(f"/queue/dead/{dead[0]}/retry", headers=key).status == 202
    again = services.ledger.lifecycle.begin(dead[0], "worker@test/1")
    assert again is not None and services.ledger.lifecycle.fail(again, ValueError("as before"))
    answer = operator.post(f"/queue/dead/{dead[0]}/retry", headers=key)
    assert (answer.status, answer.json["task_id"]) == (202, dead[0])
    assert operator.get(f"/tasks/{dead[0]}").json["state"] == "dead"
    assert operator.post(f"/queue/dead/{dead[1]}/retry", headers=key).status == 422
    assert operator.post(f"/queue/dead/{dead[0]}/retry").status == 202


@pytest.mark.parametrize(("body", "count"), [(None, 2), ({}, 2), ({"type": "pull_hosts"}, 1), ({"monitor_id": 99}, 0)])
def test_many_dead_tasks_run_again(operator: Caller, dead: list[str], body: object, count: int) -> None:
    assert operator.post("/queue/dead/retry", body).json == {"retried": count}
    assert operator.get("/queue/stats").json["dead"] == 2 - count


def test_only_an_admin_discards(admin: Caller, operator: Caller, dead: list[str]) -> None:
    assert operator.delete(f"/queue/dead/{dead[0]}").status == 403
    assert operator.post("/queue/dead/discard").status == 403
    assert admin.delete(f"/queue/dead/{dead[0]}").status == 204
    assert admin.get(f"/queue/dead/{dead[0]}").status == 404
    assert admin.post("/queue/dead/discard", {"type": "generate_alerts"}).json == {"discarded": 1}
    assert admin.get("/queue/dead").json["items"] == []


def test_an_unknown_dead_letter_is_not_found(admin: Caller) -> None:
    unknown = "/queue/dead/pull_hosts:0192f0c1-0000-7000-8000-000000000000"
    assert admin.get(unknown).status == 404
    assert admin.delete(unknown).status == 404
    assert admin.post(f"{unknown}/retry").status == 404


def test_a_queue_is_paused_and_resumed(operator: Caller, services: Services, fleet: int) -> None:
    assert operator.post("/queue/pull_hosts/pause").json == {"type": "pull_hosts", "paused": True}
    assert set(services.ledger.queues.paused()) == {"pull_hosts"}
    assert operator.post(f"/monitors/{fleet}/hosts/pull-async").status == 202
    assert operator.post("/queue/pull_hosts/resume").json == {"type": "pull_hosts", "paused": False}
    assert not services.ledger.queues.paused()
    assert operator.post("/queue/dead/pause").status == 404
    assert operator.post("/queue/unknown/pause").status == 404


def test_a_queue_is_cleared_of_all_that_waits_but_not_of_what_runs(
    admin: Caller, operator: Caller, services: Services, fleet: int
) -> None:
    pulls = [operator.post(f"/monitors/{fleet}/hosts/pull-async").json["task_id"] for _ in range(4)]
    other = operator.post(f"/monitors/{fleet}/items/pull-async").json["task_id"]
    running, retrying, *_ = pulls
    assert services.ledger.lifecycle.begin(running, "worker@test/1") is not None
    failing = services.ledger.lifecycle.begin(retrying, "worker@test/1")
    assert failing is not None and services.ledger.lifecycle.fail(failing, WorkerLost("killed"))
    assert operator.post("/queue/pull_hosts/clear").status == 403
    assert admin.post("/queue/pull_hosts/clear").json == {"cancelled": 3}
    states = [operator.get(f"/tasks/{task_id}").json["state"] for task_id in (*pulls, other)]
    assert states == ["running", "cancelled", "cancelled", "cancelled", "queued"]
    stats = operator.get("/queue/stats").json
    assert (stats["pull_hosts"], stats["pull_items"]) == (1, 1)
    assert admin.post("/queue/pull_hosts/clear").json == {"cancelled": 0}


def test_workers_tell_what_they_run(viewer: Caller, operator: Caller, services: Services, fleet: int) -> None:
    assert viewer.get("/workers").json == {"items": [], "next_cursor": None}
    services.queue.workers.announce("celery@test", WORKER)
    task_id = operator.post(f"/monitors/{fleet}/hosts/pull-async").json["task_id"]
    services.ledger.lifecycle.begin(task_id, "celery@test/1")
    (worker,) = viewer.get("/workers").json["items"]
    assert (worker["name"], worker["concurrency"]) == ("celery@test", 4)
    assert worker["seen_at"] == "2026-01-31T12:00:05Z"
    assert [task["task_id"] for task in worker["tasks"]] == [task_id]
    # One of an earlier version, beside which new ones run during an upgrade.
    assert (worker["id"], worker["queues"], worker["is_name_shared"]) == ("celery@test", [], False)


def test_workers_of_one_name_have_their_own_tasks(
    viewer: Caller, operator: Caller, services: Services, fleet: int
) -> None:
    for pid in (10, 20):
        shared = {"id": f"celery@test/{pid}", "pid": pid, "is_name_shared": True, "processes": [pid + 1]}
        services.queue.workers.announce(f"celery@test/{pid}", {**WORKER, **shared})
    task_id = operator.post(f"/monitors/{fleet}/hosts/pull-async").json["task_id"]
    services.ledger.lifecycle.begin(task_id, "celery@test/21")
    one, other = viewer.get("/workers").json["items"]
    assert (one["pid"], one["tasks"], other["pid"]) == (10, [], 20)
    assert [task["task_id"] for task in other["tasks"]] == [task_id]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("reason=internal_error", 2),
        ("reason=timeout", 0),
        ("q=INNERMOST", 2),
        ("q=100%25", 0),
        ("type=pull_hosts&q=reason", 1),
    ],
)
def test_dead_letters_are_filtered_by_reason_and_text(viewer: Caller, dead: list[str], query: str, found: int) -> None:
    assert len(viewer.get(f"/queue/dead?{query}").json["items"]) == found


def test_a_dry_run_counts_and_changes_nothing(admin: Caller, dead: list[str]) -> None:
    assert admin.post("/queue/dead/retry", {"q": "innermost", "dry_run": True}).json == {"retried": 2}
    assert admin.post("/queue/dead/discard", {"reason": "timeout", "dry_run": True}).json == {"discarded": 0}
    assert admin.post("/queue/dead/discard", {"type": "pull_hosts", "dry_run": True}).json == {"discarded": 1}
    assert admin.get("/queue/stats").json["dead"] == 2


def test_what_was_never_a_task_is_not_run_again(admin: Caller, services: Services) -> None:
    services.queue.malformed_elements.set_aside("nagare:queue:pull_hosts", "不是 JSON")
    services.ledger.malformed_messages.record_malformed()
    (letter,) = admin.get("/queue/dead").json["items"]
    assert (letter["reason"], letter["params"]) == ("malformed_message", {"element": "不是 JSON"})
    assert admin.post(f"/queue/dead/{letter['task_id']}/retry").status == 409
    assert admin.post("/queue/dead/retry").json == {"retried": 0}
    assert admin.delete(f"/queue/dead/{letter['task_id']}").status == 204


def test_stats_without_redis_tell_what_the_ledger_knows(template: Path, tmp_path: Path) -> None:
    shutil.copy(template, tmp_path / "nagare.db")
    services = build(make_settings(tmp_path))
    token = make_tokens(services.settings, services.access.auth.issue_token("operator", days=1))["access_token"]
    operator = Caller(create_app(services).test_client(), token)
    assert operator.post("/alerts/generate-test").status == 202
    stats = operator.get("/queue/stats")
    assert (stats.status, stats.json["code"], stats.headers["Retry-After"]) == (503, "broker_unavailable", "5")
    assert stats.json["known"]["generate_alerts"] == 1
    assert stats.json["known"]["dead"] == 0
    services.close()
