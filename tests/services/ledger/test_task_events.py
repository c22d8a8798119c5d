"""Each change of a task is told, with what was recorded."""

from collections.abc import Sequence
from typing import Any

import pytest
from redis import Redis

from app.composition import Services
from app.errors import SourceUnreachable, TaskFailed, WorkerLost
from app.rules.task_params.alerts import GenerateAlerts
from app.rules.task_params.pull import PullHosts
from app.services.ledger.requester import Requester
from app.store.ledger.task_steps import TaskStep
from tests.services.away import redis_away
from tests.services.conftest import Time
from tests.services.ledger.test_task_lifecycle import begin


def told(services: Services) -> list[tuple[str, dict[str, Any]]]:
    entries = services.queue.events.since("0-0", 1000)
    return [(entry.event["event"].removeprefix("task."), dict(entry.event["task"])) for entry in entries]


def names(services: Services) -> list[str]:
    return [name for name, _ in told(services)]


@pytest.fixture
def task_id(services: Services, by: Requester, monitor_id: int) -> str:
    return services.ledger.submit.accept(by, PullHosts(monitor_id=monitor_id))


def test_a_task_that_does_well(services: Services, task_id: str, monitor_id: int, time: Time) -> None:
    claim = begin(services, task_id)
    progress = services.ledger.lifecycle.progress(claim)
    time.pass_by(1)
    progress(1, 3, "1 台主机")
    services.ledger.lifecycle.succeed(claim, {"seen": 3}, TaskStep(3, 3, "3 台主机"))
    assert names(services) == ["queued", "started", "progress", "succeeded"]
    queued, started, moved, succeeded = (task for _, task in told(services))
    assert [task["state"] for task in (queued, started, moved, succeeded)] == [
        "queued",
        "running",
        "running",
        "succeeded",
    ]
    assert {(task["task_id"], task["type"], task["monitor_id"]) for _, task in told(services)} == {
        (task_id, "pull_hosts", monitor_id)
    }
    assert (queued["attempts"], started["attempts"], started["worker"]) == (0, 1, "worker/1")
    assert moved["progress"] == {"done": 1, "total": 3, "message": "1 台主机"}
    assert (succeeded["progress"]["done"], succeeded["result"]) == (3, {"seen": 3})


def test_a_task_that_fails_is_taken_back_and_handed_back(services: Services, task_id: str, time: Time) -> None:
    services.ledger.lifecycle.hand_back(begin(services, task_id))
    stale = begin(services, task_id)
    services.ledger.lifecycle.take_back(task_id, stale.attempt, 0, WorkerLost("gone"))
    time.pass_by(30)
    services.recovery.tick("me")
    services.ledger.lifecycle.fail(begin(services, task_id), TaskFailed("没有主机"))
    services.ledger.dead_letters.retry(task_id)
    services.ledger.tasks.cancel(task_id)
    assert names(services) == [
        *("queued", "started", "queued", "started", "retrying", "queued", "started", "dead", "queued", "cancelled"),
    ]
    tasks = [task for _, task in told(services)]
    assert [task["attempts"] for task in tasks] == [0, 1, 0, 1, 1, 1, 2, 2, 0, 0]
    assert (tasks[4]["reason"], tasks[4]["error"]) == ("worker_lost", "gone")
    assert tasks[4]["next_run_at"].endswith("Z")
    assert (tasks[7]["reason"], tasks[7]["error"]) == ("failed", "没有主机")


def test_what_is_not_ours_is_not_told(services: Services, task_id: str) -> None:
    stale = begin(services, task_id)
    services.ledger.tasks.cancel(task_id)
    before = names(services)
    assert not services.ledger.lifecycle.succeed(stale, {})
    assert not services.ledger.lifecycle.fail(stale, SourceUnreachable("late"))
    assert not services.ledger.lifecycle.hand_back(stale)
    assert services.ledger.lifecycle.begin(task_id, "worker/2") is None
    assert names(services) == before


def test_many_that_are_cancelled_or_retried_at_once(
    services: Services, redis: Redis, by: Requester, monitor_id: int
) -> None:
    task_ids = [services.ledger.submit.accept(by, PullHosts(monitor_id=monitor_id)) for _ in range(3)]
    for task_id in task_ids[:2]:
        services.ledger.lifecycle.fail(begin(services, task_id), TaskFailed("no"))
    redis.delete("nagare:events")
    services.ledger.dead_letters.retry_many()
    assert _by_name(services) == {"queued": sorted(task_ids[:2])}
    services.ledger.tasks.cancel_waiting("pull_hosts")  # type: ignore[arg-type]
    assert _by_name(services) == {"queued": sorted(task_ids[:2]), "cancelled": sorted(task_ids)}


def test_the_tasks_of_a_monitor_that_is_deleted_are_told_of(services: Services, by: Requester, monitor_id: int) -> None:
    ended, waiting = (services.ledger.submit.accept(by, PullHosts(monitor_id=monitor_id)) for _ in range(2))
    services.ledger.lifecycle.succeed(begin(services, ended), {})
    services.inventory.monitors.delete(monitor_id)
    assert [task["task_id"] for name, task in told(services) if name == "cancelled"] == [waiting]
    assert told(services)[-1][1]["state"] == "cancelled"


def test_a_task_without_a_monitor_is_told_of_too(services: Services, by: Requester) -> None:
    task_id = services.ledger.submit.accept(by, GenerateAlerts(count=1))
    assert told(services)[0][1]["task_id"] == task_id
    assert told(services)[0][1]["monitor_id"] is None


def test_a_task_goes_its_way_while_redis_is_away(services: Services, redis: Redis, task_id: str, time: Time) -> None:
    with redis_away(redis):
        claim = begin(services, task_id)
        progress = services.ledger.lifecycle.progress(claim)
        time.pass_by(1)
        progress(1, 3, "1 host")
        assert services.ledger.lifecycle.succeed(claim, {"seen": 3})
    assert services.ledger.tasks.get(task_id)["state"] == "succeeded"
    time.pass_by(2)
    assert names(services) == ["queued"]


def _by_name(services: Services) -> dict[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for name, task in told(services):
        found.setdefault(name, []).append(task["task_id"])
    return {name: sorted(task_ids) for name, task_ids in found.items()}
