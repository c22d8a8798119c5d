"""What becomes of an attempt, whoever ends it."""

import json
from collections.abc import Sequence

import pytest
from redis import Redis

from app.composition import Services
from app.errors import SourceRefusedLogin, SourceUnreachable, TaskFailed, TaskInterrupted, WorkerLost
from app.queue.publisher import message
from app.rules.live_events import Event
from app.rules.task_params.pull import PullHosts
from app.services.ledger.requester import Requester
from app.services.ledger.task_claim import Claim
from app.store.database.pages import PageRequest
from app.store.ledger.task_steps import TaskStep
from tests.services.conftest import Time

KEY = "nagare:queue:pull_hosts"
DEAD = "nagare:queue:dead"


@pytest.fixture
def task_id(services: Services, redis: Redis, by: Requester, monitor_id: int) -> str:
    task_id = services.ledger.submit.accept(by, PullHosts(monitor_id=monitor_id))
    redis.delete(KEY)
    return task_id


def begin(services: Services, task_id: str, worker: str = "worker/1") -> Claim:
    claim = services.ledger.lifecycle.begin(task_id, worker)
    assert claim is not None
    return claim


def test_a_message_that_is_delivered_twice_runs_once(services: Services, task_id: str) -> None:
    claim = begin(services, task_id)
    assert (claim.attempt, claim.params) == (1, services.ledger.tasks.get(task_id)["params"])
    assert services.ledger.lifecycle.begin(task_id, "worker/2") is None
    assert services.ledger.lifecycle.succeed(claim, {"seen": 3}, TaskStep(3, 3, "3 hosts"))
    assert services.ledger.lifecycle.begin(task_id, "worker/2") is None
    task = services.ledger.tasks.get(task_id)
    assert (task["result"], task["progress"]) == ({"seen": 3}, {"done": 3, "total": 3, "message": "3 hosts"})


def test_three_retries_with_growing_delays_and_then_dead(
    services: Services, redis: Redis, task_id: str, time: Time
) -> None:
    delays = []
    for _ in range(3):
        assert services.ledger.lifecycle.fail(begin(services, task_id), SourceUnreachable("拒绝连接"))
        delays.append((services.ledger.tasks.get(task_id)["next_run_at"] - time.now).total_seconds())
        time.pass_by(delays[-1] + 1)
        services.recovery.tick("me")
    assert services.ledger.lifecycle.fail(begin(services, task_id), SourceUnreachable("拒绝连接"))
    for delay, span in zip(delays, (4, 8, 16), strict=True):
        assert span / 2 <= delay < span
    task = services.ledger.tasks.get(task_id)
    assert (task["state"], task["attempts"], task["reason"], task["error"]) == (
        "dead",
        4,
        "source_unreachable",
        "拒绝连接",
    )
    assert [attempt["attempt"] for attempt in task["history"]] == [1, 2, 3, 4]
    assert json.loads(str(redis.lindex(DEAD, 0)))["error"] == "拒绝连接"


@pytest.mark.parametrize(
    ("error", "reason", "text"),
    [
        (SourceRefusedLogin("wrong password"), "source_refused_login", "wrong password"),
        (TaskFailed("no hosts"), "failed", "no hosts"),
        (ZeroDivisionError("division by zero"), "internal_error", "ZeroDivisionError: division by zero"),
    ],
)
def test_what_trying_again_cannot_mend_is_dead_at_once(
    services: Services, task_id: str, error: Exception, reason: str, text: str
) -> None:
    services.ledger.lifecycle.fail(begin(services, task_id), error)
    task = services.ledger.tasks.get(task_id)
    assert (task["state"], task["attempts"], task["reason"], task["error"]) == ("dead", 1, reason, text)


def test_an_interrupted_attempt_does_not_count(services: Services, redis: Redis, task_id: str) -> None:
    assert services.ledger.lifecycle.hand_back(begin(services, task_id))
    task = services.ledger.tasks.get(task_id)
    assert (task["state"], task["attempts"], task["history"]) == ("queued", 0, [])
    assert redis.lrange(KEY, 0, -1) == [message("pull_hosts", task_id)]


def test_nothing_of_an_attempt_that_was_taken_back_is_recorded(services: Services, task_id: str, time: Time) -> None:
    stale = begin(services, task_id)
    assert services.ledger.lifecycle.take_back(task_id, stale.attempt, 0, WorkerLost("gone"))
    time.pass_by(30)
    services.recovery.tick("me")
    begin(services, task_id, "worker/2")
    assert not services.ledger.lifecycle.renew(stale)
    assert not services.ledger.lifecycle.succeed(stale, {"seen": 1})
    assert not services.ledger.lifecycle.fail(stale, TaskFailed("late"))
    assert not services.ledger.lifecycle.hand_back(stale)
    progress = services.ledger.lifecycle.progress(stale)
    time.pass_by(1)
    with pytest.raises(TaskInterrupted):
        progress(1, 2, "half")
    task = services.ledger.tasks.get(task_id)
    assert (task["state"], task["attempts"], task["worker"]) == ("running", 2, "worker/2")


def test_a_cancelled_task_is_stopped_at_its_next_step(services: Services, task_id: str, time: Time) -> None:
    claim = begin(services, task_id)
    progress = services.ledger.lifecycle.progress(claim)
    time.pass_by(1)
    progress(1, 4, "1 host")
    assert services.ledger.tasks.get(task_id)["progress"] == {"done": 1, "total": 4, "message": "1 host"}
    progress(2, 4, "2 hosts")
    assert progress.last_step == TaskStep(2, 4, "2 hosts")
    services.ledger.tasks.cancel(task_id)
    time.pass_by(1)
    with pytest.raises(TaskInterrupted):
        progress(3, 4, "3 hosts")
    assert not services.ledger.lifecycle.succeed(claim, {})
    assert services.ledger.tasks.get(task_id)["state"] == "cancelled"


def test_a_step_is_seen_although_the_next_one_takes_long(services: Services, task_id: str, time: Time) -> None:
    claim = begin(services, task_id)
    progress = services.ledger.lifecycle.progress(claim)
    assert progress.report_if_due()
    progress(0, 4, "0 hosts")
    assert progress.report_if_due()
    assert services.ledger.tasks.get(task_id)["progress"]["total"] is None
    time.pass_by(1)
    assert progress.report_if_due()
    assert services.ledger.tasks.get(task_id)["progress"] == {"done": 0, "total": 4, "message": "0 hosts"}
    progress(1, 4, "1 host")
    progress.close()
    time.pass_by(1)
    assert progress.report_if_due()
    assert services.ledger.tasks.get(task_id)["progress"]["done"] == 0


def test_a_cancelled_task_is_noticed_between_its_steps(services: Services, task_id: str, time: Time) -> None:
    progress = services.ledger.lifecycle.progress(begin(services, task_id))
    services.ledger.tasks.cancel(task_id)
    time.pass_by(1)
    assert progress.report_if_due()
    progress.last_step = TaskStep(1, 4, "1 host")
    assert not progress.report_if_due()


def test_a_process_that_was_killed_loses_only_its_own_attempt(services: Services, redis: Redis, task_id: str) -> None:
    begin(services, task_id, "worker/7")
    services.ledger.lifecycle.lose(task_id, "worker/8", WorkerLost("killed"))
    assert services.ledger.tasks.get(task_id)["state"] == "running"
    services.ledger.lifecycle.lose(task_id, "worker/7", WorkerLost("killed"))
    assert services.ledger.tasks.get(task_id)["state"] == "retrying"


def test_a_process_that_was_killed_before_it_began_loses_nothing(
    services: Services, redis: Redis, task_id: str
) -> None:
    services.ledger.lifecycle.lose(task_id, "worker/7", WorkerLost("killed"))
    assert services.ledger.tasks.get(task_id)["state"] == "queued"
    assert redis.lrange(KEY, 0, -1) == [message("pull_hosts", task_id)]


def test_a_bulk_retry_ends_although_its_tasks_die_again_at_once(
    services: Services, redis: Redis, by: Requester, monitor_id: int, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.ledger.dead_letters.LETTER_BATCH_SIZE", 2)
    task_ids = [services.ledger.submit.accept(by, PullHosts(monitor_id=monitor_id)) for _ in range(5)]
    for task_id in task_ids:
        services.ledger.lifecycle.fail(begin(services, task_id), TaskFailed("no"))
    time.pass_by(1)
    publish = services.queue.publisher.publish

    def die_at_once(tasks: list[tuple[str, str]], events: Sequence[Event]) -> None:
        time.pass_by(1)
        publish(tasks, events)
        for _, task_id in tasks:
            services.ledger.lifecycle.fail(begin(services, task_id), TaskFailed("no"))

    monkeypatch.setattr(services.queue.publisher, "publish", die_at_once)
    assert services.ledger.dead_letters.retry_many() == 5
    assert redis.llen(DEAD) == 5
    assert {services.ledger.tasks.get(task_id)["attempts"] for task_id in task_ids} == {1}
    assert {len(services.ledger.tasks.get(task_id)["history"]) for task_id in task_ids} == {2}


def test_test_alerts_that_are_generated_again_for_the_same_task_add_nothing(
    services: Services, monitor_id: int
) -> None:
    services.inventory.pulls.items(monitor_id)
    page = PageRequest(limit=500)
    assert services.alerts.alerts.generate("generate_alerts:1", 40, None, None)["count"] == 40
    before = services.alerts.alerts.list(page).items
    assert services.alerts.alerts.generate("generate_alerts:1", 40, None, None)["count"] == 40
    assert services.alerts.alerts.list(page).items == before
    assert len(before) == 40
    services.alerts.alerts.generate("generate_alerts:2", 40, None, None)
    assert len(services.alerts.alerts.list(page).items) == 80
