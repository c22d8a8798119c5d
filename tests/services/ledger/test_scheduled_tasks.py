"""A task that is scheduled for later runs at its time: not before it, and whatever is lost until then."""

from datetime import timedelta

import pytest
from redis import Redis

from app import clock
from app.composition import Services
from app.errors import Conflict, WorkerLost
from app.queue.publisher import message
from app.rules.task_params.pull import PullHosts
from app.services.ledger.outbox import new_task_id
from app.services.ledger.requester import Requester
from app.store.database.pages import PageRequest
from tests.services.away import redis_away
from tests.services.conftest import Time

KEY = "nagare:queue:pull_hosts"
MINUTE = timedelta(seconds=60)


def record(services: Services, monitor_id: int, after: timedelta = MINUTE) -> str:
    """Record and publish a task that is due after some time."""
    task_id = new_task_id(PullHosts.type)
    with services.database.transaction() as connection:
        run_at = clock.now() + after
        services.ledger.outbox.record(
            connection, task_id, PullHosts(monitor_id=monitor_id), run_at, monitor_id=monitor_id
        )
    services.ledger.outbox.publish({task_id: monitor_id})
    return task_id


@pytest.fixture
def task_id(services: Services, monitor_id: int) -> str:
    return record(services, monitor_id)


def turns(services: Services, time: Time, seconds: int) -> None:
    """Let a worker take its turn each second."""
    for _ in range(seconds):
        services.recovery.tick("me")
        time.pass_by(1)
    services.recovery.tick("me")


def test_a_scheduled_task_is_published_when_it_is_due(
    services: Services, redis: Redis, task_id: str, time: Time
) -> None:
    due_at = time.now + MINUTE
    turns(services, time, 59)
    waiting = services.ledger.tasks.get(task_id)
    assert (waiting["state"], waiting["next_run_at"], redis.llen(KEY)) == ("queued", due_at, 0)
    turns(services, time, 2)
    due = services.ledger.tasks.get(task_id)
    assert (due["state"], due["next_run_at"]) == ("queued", None)
    assert redis.lrange(KEY, 0, -1) == [message("pull_hosts", task_id)]


def test_a_time_that_has_passed_means_at_once(services: Services, redis: Redis, monitor_id: int) -> None:
    task_id = record(services, monitor_id, -MINUTE)
    assert redis.lrange(KEY, 0, -1) == [message("pull_hosts", task_id)]
    assert services.ledger.tasks.get(task_id)["next_run_at"] is None


def test_a_scheduled_task_does_not_wait_and_is_not_late(
    services: Services, redis: Redis, by: Requester, monitor_id: int, task_id: str, time: Time
) -> None:
    time.pass_by(40)
    services.ledger.submit.accept(by, PullHosts(monitor_id=monitor_id))
    time.pass_by(10)
    assert services.operation.metrics.waiting_s() == {"pull_hosts": 10}
    assert services.ledger.queues.stats()["pull_hosts"] == services.ledger.queues.ledger_stats()["pull_hosts"] == 1


def test_a_stray_message_does_not_start_a_task_before_its_time(
    services: Services, redis: Redis, task_id: str, time: Time
) -> None:
    redis.lpush(KEY, message("pull_hosts", task_id))
    assert services.ledger.lifecycle.begin(task_id, "worker/1") is None
    redis.delete(KEY)
    turns(services, time, 58)
    assert redis.llen(KEY) == 0
    turns(services, time, 3)
    assert redis.lrange(KEY, 0, -1) == [message("pull_hosts", task_id)]
    assert services.ledger.lifecycle.begin(task_id, "worker/1") is not None


def test_a_worker_that_dies_with_a_stray_message_publishes_nothing(
    services: Services, redis: Redis, task_id: str
) -> None:
    services.ledger.lifecycle.lose(task_id, "worker/1", WorkerLost("gone"))
    assert redis.llen(KEY) == 0


def test_a_flushed_redis_changes_neither_the_task_nor_its_time(
    services: Services, redis: Redis, task_id: str, time: Time
) -> None:
    turns(services, time, 30)
    redis.flushall()
    turns(services, time, 29)
    assert redis.llen(KEY) == 0
    turns(services, time, 6)
    assert redis.lrange(KEY, 0, -1) == [message("pull_hosts", task_id)]


def test_two_leaders_publish_a_scheduled_task_once(services: Services, redis: Redis, task_id: str, time: Time) -> None:
    time.pass_by(60)
    services.recovery.tick("me")
    redis.delete("nagare:recovery:leader")
    services.recovery.tick("you")
    assert redis.llen(KEY) == 1


def test_a_leader_that_dies_between_commit_and_message_loses_nothing(
    services: Services, redis: Redis, task_id: str, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    time.pass_by(60)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(services.ledger.relay, "publish", die)
        services.recovery.tick("me")
    redis.delete("nagare:recovery:leader")
    assert redis.llen(KEY) == 0
    turns(services, time, 20)
    assert redis.lrange(KEY, 0, -1) == [message("pull_hosts", task_id)]


def test_a_redis_that_is_away_at_its_time_only_delays_a_task(
    services: Services, redis: Redis, task_id: str, time: Time
) -> None:
    services.recovery.tick("me")
    with redis_away(redis):
        time.pass_by(61)
    turns(services, time, 3)
    assert redis.lrange(KEY, 0, -1) == [message("pull_hosts", task_id)]


def test_a_clock_that_jumps_decides_by_what_it_shows(
    services: Services, redis: Redis, task_id: str, time: Time
) -> None:
    due_at = time.now + MINUTE
    time.now -= timedelta(days=400)
    turns(services, time, 20)
    assert (redis.llen(KEY), services.ledger.tasks.get(task_id)["next_run_at"]) == (0, due_at)
    time.now += timedelta(days=800)
    services.recovery.tick("me")
    assert redis.lrange(KEY, 0, -1) == [message("pull_hosts", task_id)]
    time.now -= timedelta(days=400)
    turns(services, time, 20)
    assert redis.llen(KEY) == 1
    assert services.ledger.lifecycle.begin(task_id, "worker/1") is not None


def test_a_scheduled_task_that_is_cancelled_never_runs(
    services: Services, redis: Redis, task_id: str, time: Time
) -> None:
    assert services.ledger.tasks.cancel(task_id)["state"] == "cancelled"
    time.pass_by(60)
    turns(services, time, 3)
    assert redis.llen(KEY) == 0
    assert services.ledger.tasks.get(task_id)["next_run_at"] is None


def test_a_scheduled_task_is_told_when_it_is_accepted_and_when_it_is_due(
    services: Services, task_id: str, time: Time
) -> None:
    time.pass_by(60)
    services.recovery.tick("me")
    told = [entry.event for entry in services.queue.events.since("0-0", 10)]
    assert {each["task"]["task_id"] for each in told} == {task_id}
    assert [(each["event"], each["task"].get("next_run_at")) for each in told] == [
        ("task.queued", "2026-01-31T12:01:00Z"),
        ("task.queued", None),
    ]


def test_many_that_are_due_at_once_are_all_published(
    services: Services, redis: Redis, monitor_id: int, time: Time
) -> None:
    with services.database.transaction() as connection:
        for _ in range(1500):
            task_id, params = new_task_id(PullHosts.type), PullHosts(monitor_id=monitor_id)
            services.ledger.outbox.record(connection, task_id, params, time.now + MINUTE, monitor_id=monitor_id)
    time.pass_by(60)
    services.recovery.tick("me")
    assert redis.llen(KEY) == len(set(redis.lrange(KEY, 0, -1))) == 1500


def test_a_monitor_that_is_disabled_until_then_makes_a_dead_letter_with_the_reason(
    services: Services, redis: Redis, task_id: str, monitor_id: int, time: Time
) -> None:
    services.inventory.monitors.update(monitor_id, {"enabled": False})
    run_when_due(services, task_id, time)
    [letter] = services.ledger.dead_letters.list(PageRequest()).items
    assert (letter["task_id"], letter["reason"]) == (task_id, "conflict")
    assert letter["error"] == f"monitor {monitor_id} is disabled: enable it first"
    services.inventory.monitors.update(monitor_id, {"enabled": True})
    redis.delete(KEY)
    services.ledger.dead_letters.retry(task_id)
    assert redis.lrange(KEY, 0, -1) == [message("pull_hosts", task_id)]
    assert services.ledger.tasks.get(task_id)["next_run_at"] is None


def test_a_monitor_that_is_deleted_until_then_cancels_its_scheduled_tasks(
    services: Services, redis: Redis, task_id: str, monitor_id: int, time: Time
) -> None:
    services.inventory.monitors.delete(monitor_id)
    task = services.ledger.tasks.get(task_id)
    assert (task["state"], task["next_run_at"]) == ("cancelled", None)
    turns(services, time, 62)
    assert redis.llen(KEY) == 0


def run_when_due(services: Services, task_id: str, time: Time) -> None:
    """Let the time of a task come, and a worker run it, as tasks/base.py does."""
    time.pass_by(60)
    services.recovery.tick("me")
    claim = services.ledger.lifecycle.begin(task_id, "worker/1")
    assert claim is not None
    try:
        services.inventory.pulls.hosts(PullHosts.parse(claim.params).monitor_id)
    except Conflict as error:
        services.ledger.lifecycle.fail(claim, error)
