"""What was committed goes on although Redis and the database are both away when it is to be published."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from redis import Redis

from app.composition import Services
from app.errors import BrokerUnavailable, SourceUnreachable, TaskFailed, WorkerLost
from app.queue.publisher import message
from app.rules.task_params.pull import PullHosts
from app.services.ledger.requester import Requester
from app.services.ledger.task_claim import Claim
from tests.services.away import all_away_from_the_next_command
from tests.services.conftest import Time

KEY = "nagare:queue:pull_hosts"


@pytest.fixture
def task_id(services: Services, redis: Redis, by: Requester, monitor_id: int) -> str:
    """Return a task whose message a worker has taken."""
    task_id = services.ledger.submit.accept(by, PullHosts(monitor_id=monitor_id))
    assert redis.rpop(KEY) == message("pull_hosts", task_id)
    return task_id


def begin(services: Services, task_id: str) -> Claim:
    claim = services.ledger.lifecycle.begin(task_id, "worker/1")
    assert claim is not None
    return claim


@contextmanager
def away(services: Services, redis: Redis) -> Iterator[None]:
    with all_away_from_the_next_command(services, redis):
        yield
    assert redis.lrange(KEY, 0, -1) == []


def published_later(services: Services, redis: Redis, time: Time) -> list[str]:
    """Return the messages after the recovery's next turns, when a message is too old to be on its way."""
    for _ in range(20):
        time.pass_by(1)
        services.recovery.tick("me")
    return [*map(str, redis.lrange(KEY, 0, -1))]


def test_a_request_is_accepted(services: Services, redis: Redis, by: Requester, monitor_id: int, time: Time) -> None:
    with away(services, redis):
        task_id = services.ledger.submit.accept(by, PullHosts(monitor_id=monitor_id))
    assert published_later(services, redis, time) == [message("pull_hosts", task_id)]


def test_a_task_is_handed_back(services: Services, redis: Redis, task_id: str, time: Time) -> None:
    claim = begin(services, task_id)
    with away(services, redis):
        assert services.ledger.lifecycle.hand_back(claim)
    assert published_later(services, redis, time) == [message("pull_hosts", task_id)]


def test_a_task_whose_worker_died_before_it_began_waits(
    services: Services, redis: Redis, task_id: str, time: Time
) -> None:
    with away(services, redis):
        services.ledger.lifecycle.lose(task_id, "worker/7", WorkerLost("killed"))
    assert published_later(services, redis, time) == [message("pull_hosts", task_id)]


@pytest.mark.parametrize("is_success", [True, False])
def test_an_outcome_is_recorded_and_the_next_task_of_the_monitor_waits(
    services: Services, redis: Redis, by: Requester, monitor_id: int, task_id: str, time: Time, is_success: bool
) -> None:
    services.inventory.monitors.update(monitor_id, {"max_parallel_tasks": 1})
    claim = begin(services, task_id)
    held = services.ledger.submit.accept(by, PullHosts(monitor_id=monitor_id))
    assert services.ledger.lifecycle.begin(held, "worker/2") is None
    redis.delete(KEY)
    with away(services, redis):
        if is_success:
            assert services.ledger.lifecycle.succeed(claim, {})
        else:
            assert services.ledger.lifecycle.fail(claim, SourceUnreachable("connection refused"))
    assert services.ledger.tasks.get(task_id)["state"] == ("succeeded" if is_success else "retrying")
    assert message("pull_hosts", held) in published_later(services, redis, time)


def test_a_dead_task_is_queued_again(services: Services, redis: Redis, task_id: str, time: Time) -> None:
    services.ledger.lifecycle.fail(begin(services, task_id), TaskFailed("no"))
    with away(services, redis):
        services.ledger.dead_letters.retry(task_id)
    assert services.ledger.tasks.get(task_id)["state"] == "queued"
    assert published_later(services, redis, time) == [message("pull_hosts", task_id)]


def test_a_retry_that_is_due_is_published_by_a_later_turn(
    services: Services, redis: Redis, task_id: str, time: Time
) -> None:
    services.ledger.lifecycle.fail(begin(services, task_id), SourceUnreachable("connection refused"))
    time.pass_by(4)
    with away(services, redis), pytest.raises(BrokerUnavailable):
        services.recovery._publish_due()
    assert services.ledger.tasks.get(task_id)["state"] == "queued"
    assert published_later(services, redis, time) == [message("pull_hosts", task_id)]
