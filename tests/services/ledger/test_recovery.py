"""What the recovery brings back, and what it leaves alone."""

import json

import pytest
from redis import Redis

from app.composition import Services
from app.enums import TaskType
from app.errors import DatabaseUnavailable, SourceRejected, SourceUnreachable
from app.queue.publisher import message
from app.rules.task_params.pull import PullHosts
from app.services.ledger.requester import Requester
from app.services.ledger.task_claim import Claim
from app.store.ledger import task_messages
from tests.services.away import redis_away
from tests.services.conftest import LEASE_S, Time

KEY = "nagare:queue:pull_hosts"
DEAD = "nagare:queue:dead"


@pytest.fixture
def task_id(services: Services, by: Requester, monitor_id: int) -> str:
    return services.ledger.submit.accept(by, PullHosts(monitor_id=monitor_id))


@pytest.fixture
def claim(services: Services, redis: Redis, task_id: str) -> Claim:
    """Return the claim of a worker that took the task's message."""
    assert redis.rpop(KEY) == message("pull_hosts", task_id)
    claim = services.ledger.lifecycle.begin(task_id, "worker/1")
    assert claim is not None
    return claim


def state(services: Services, task_id: str) -> str:
    return str(services.ledger.tasks.get(task_id)["state"])


def turns(services: Services, time: Time, seconds: int) -> None:
    """Let a worker take its turn each second."""
    for _ in range(seconds):
        services.recovery.tick("me")
        time.pass_by(1)
    services.recovery.tick("me")


def test_messages_that_were_flushed_are_published_again_once_they_are_old_enough(
    services: Services, redis: Redis, by: Requester, monitor_id: int, time: Time
) -> None:
    task_ids = [services.ledger.submit.accept(by, PullHosts(monitor_id=monitor_id)) for _ in range(200)]
    turns(services, time, 9)
    redis.flushall()
    turns(services, time, 8)
    waiting = [json.loads(element)["headers"]["id"] for element in redis.lrange(KEY, 0, -1)]
    assert sorted(waiting) == sorted(task_ids)


def test_only_the_messages_that_are_gone_are_published_again(
    services: Services, redis: Redis, by: Requester, monitor_id: int, time: Time
) -> None:
    task_ids = [services.ledger.submit.accept(by, PullHosts(monitor_id=monitor_id)) for _ in range(5)]
    assert redis.lrem(KEY, 1, message("pull_hosts", task_ids[2])) == 1
    turns(services, time, 75)
    assert sorted(redis.lrange(KEY, 0, -1)) == sorted(message("pull_hosts", task_id) for task_id in task_ids)


def test_a_message_that_may_be_on_its_way_is_not_published_again(
    services: Services, redis: Redis, task_id: str, time: Time
) -> None:
    redis.flushall()
    turns(services, time, 4)
    assert redis.llen(KEY) == 0


def test_an_attempt_whose_worker_is_gone_is_tried_again(services: Services, claim: Claim, time: Time) -> None:
    turns(services, time, int(LEASE_S) + 1)
    task = services.ledger.tasks.get(claim.task_id)
    assert task["state"] == "retrying"
    assert [(each["attempt"], each["reason"]) for each in task["history"]] == [(1, "worker_lost")]
    assert not services.ledger.lifecycle.succeed(claim, {})


def test_an_attempt_whose_worker_renews_is_left_alone(services: Services, claim: Claim, time: Time) -> None:
    for _ in range(20):
        turns(services, time, 2)
        assert services.ledger.lifecycle.renew(claim)
    assert state(services, claim.task_id) == "running"


def test_a_wall_clock_that_jumps_takes_no_task_away(services: Services, claim: Claim, time: Time) -> None:
    services.recovery.tick("me")
    day = time.now.replace(year=2031)
    for time.now in (day, day.replace(year=2020)):
        services.recovery.tick("me")
        time.monotonic += 0.5
    assert state(services, claim.task_id) == "running"


def test_the_time_in_which_the_observer_itself_stood_still_does_not_count(
    services: Services, claim: Claim, time: Time
) -> None:
    services.recovery.tick("me")
    time.pass_by(3600)
    services.recovery.tick("me")
    assert state(services, claim.task_id) == "running"


def test_the_time_in_which_the_database_was_away_does_not_count(
    services: Services, claim: Claim, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns(services, time, 2)
    with monkeypatch.context() as patch:

        def fail(_: object) -> None:
            raise DatabaseUnavailable("the database is locked")

        patch.setattr("app.services.ledger.recovery.task_runs.running_beats", fail)
        with pytest.raises(DatabaseUnavailable):
            services.recovery.tick("me")
    turns(services, time, 2)
    assert state(services, claim.task_id) == "running"


def test_a_worker_that_does_not_lead_watches_nobody(services: Services, redis: Redis, claim: Claim, time: Time) -> None:
    for _ in range(20):
        redis.set("nagare:recovery:leader", "another worker")
        services.recovery.tick("me")
        time.pass_by(1)
    assert state(services, claim.task_id) == "running"


def test_a_retry_is_published_when_it_is_due(services: Services, redis: Redis, claim: Claim, time: Time) -> None:
    assert services.ledger.lifecycle.fail(claim, SourceUnreachable("connection refused"))
    due = services.ledger.tasks.get(claim.task_id)["next_run_at"]
    assert 2 <= (due - time.now).total_seconds() < 4
    services.recovery.tick("me")
    assert (state(services, claim.task_id), redis.llen(KEY)) == ("retrying", 0)
    time.pass_by(4)
    services.recovery.tick("me")
    assert (state(services, claim.task_id), redis.lrange(KEY, 0, -1)) == (
        "queued",
        [message("pull_hosts", claim.task_id)],
    )


def test_two_recoveries_publish_a_retry_once(services: Services, redis: Redis, claim: Claim, time: Time) -> None:
    services.ledger.lifecycle.fail(claim, SourceUnreachable("connection refused"))
    time.pass_by(4)
    services.recovery.tick("me")
    redis.delete("nagare:recovery:leader")
    services.recovery.tick("you")
    assert redis.llen(KEY) == 1


def test_a_retry_that_redis_did_not_take_is_published_later(
    services: Services, redis: Redis, claim: Claim, time: Time
) -> None:
    services.ledger.lifecycle.fail(claim, SourceUnreachable("connection refused"))
    time.pass_by(4)
    services.recovery.tick("me")
    redis.flushall()
    turns(services, time, 20)
    assert redis.lrange(KEY, 0, -1) == [message("pull_hosts", claim.task_id)]


def test_a_dead_letter_that_redis_did_not_take_is_in_the_list_later(
    services: Services, redis: Redis, claim: Claim, time: Time
) -> None:
    with redis_away(redis):
        services.ledger.lifecycle.fail(claim, SourceRejected("no permission"))
    assert (state(services, claim.task_id), redis.llen(DEAD)) == ("dead", 0)
    time.pass_by(2)
    turns(services, time, 12)
    [letter] = map(json.loads, redis.lrange(DEAD, 0, -1))
    assert (letter["task_id"], letter["reason"], letter["attempts"]) == (claim.task_id, "source_rejected", 1)


def test_the_list_of_dead_letters_is_rebuilt_after_a_flush(
    services: Services, redis: Redis, claim: Claim, time: Time
) -> None:
    services.ledger.lifecycle.fail(claim, SourceRejected("没有权限"))
    before = redis.lrange(DEAD, 0, -1)
    assert len(before) == 1
    redis.flushall()
    turns(services, time, 12)
    assert redis.lrange(DEAD, 0, -1) == before


def test_an_entry_that_is_no_dead_letter_any_more_leaves_the_list(services: Services, redis: Redis, time: Time) -> None:
    redis.lpush(DEAD, '{"task_id": "pull_hosts:of-nobody"}')
    turns(services, time, 12)
    assert redis.llen(DEAD) == 0


def test_a_letter_that_was_exchanged_for_another_element_comes_back(
    services: Services, redis: Redis, claim: Claim, time: Time
) -> None:
    services.ledger.lifecycle.fail(claim, SourceRejected("no permission"))
    before = redis.lrange(DEAD, 0, -1)
    redis.lset(DEAD, 0, "garbage")
    turns(services, time, 12)
    assert redis.lrange(DEAD, 0, -1) == before


def test_what_stands_in_the_place_of_a_list_makes_room(
    services: Services, redis: Redis, claim: Claim, time: Time
) -> None:
    services.ledger.lifecycle.fail(claim, SourceRejected("no permission"))
    before = redis.lrange(DEAD, 0, -1)
    for key in (KEY, DEAD, "nagare:malformed"):
        redis.delete(key)
        redis.hset(key, "a", "b")
    turns(services, time, 12)
    assert redis.lrange(DEAD, 0, -1) == before
    assert services.ledger.queues.lengths() == {**dict.fromkeys(map(str, TaskType), 0), "dead": 1}
    assert redis.hgetall(f"nagare:aside:{KEY}") == {"a": "b"}


@pytest.fixture
def claims(services: Services, redis: Redis, by: Requester, monitor_id: int) -> list[Claim]:
    """Return the claims of two tasks of a monitor that may run two, beside which three more wait without a message."""
    services.inventory.monitors.update(monitor_id, {"max_parallel_tasks": 2})
    task_ids = [services.ledger.submit.accept(by, PullHosts(monitor_id=monitor_id)) for _ in range(5)]
    redis.delete(KEY)
    claims = [services.ledger.lifecycle.begin(task_id, "worker/1") for task_id in task_ids]
    begun = [claim for claim in claims if claim is not None]
    assert [claim.task_id for claim in begun] == task_ids[:2]
    services.recovery.tick("me")
    assert redis.llen(KEY) == 0
    return begun


def test_a_task_that_its_monitor_had_no_room_for_is_published_as_soon_as_there_is(
    services: Services, redis: Redis, claims: list[Claim]
) -> None:
    assert services.ledger.lifecycle.succeed(claims[0], {})
    assert redis.llen(KEY) == 1
    assert services.ledger.lifecycle.fail(claims[1], SourceUnreachable("connection refused"))
    assert redis.llen(KEY) == len(set(redis.lrange(KEY, 0, -1))) == 2


def test_a_database_that_fails_after_the_outcome_only_delays_the_task_that_waits(
    services: Services, redis: Redis, claims: list[Claim], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise DatabaseUnavailable("gone")

    with monkeypatch.context() as patched:
        patched.setattr(task_messages, "release_next", fail)
        assert services.ledger.lifecycle.succeed(claims[0], {})
    assert services.ledger.tasks.get(claims[0].task_id)["state"] == "succeeded"
    assert redis.llen(KEY) == 0
    services.recovery.tick("me")
    assert redis.llen(KEY) == 1


def test_tasks_that_wait_for_their_monitor_are_published_when_it_may_run_more(
    services: Services, redis: Redis, claims: list[Claim], monitor_id: int
) -> None:
    services.inventory.monitors.update(monitor_id, {"max_parallel_tasks": 4})
    services.recovery.tick("me")
    assert redis.llen(KEY) == 2


def test_what_was_set_aside_becomes_a_dead_letter(services: Services, redis: Redis) -> None:
    services.queue.malformed_elements.set_aside("nagare:queue:pull_items", b"\xff\x00 \xe6\xb5\x81")
    services.recovery.tick("me")
    [letter] = map(json.loads, redis.lrange(DEAD, 0, -1))
    assert (letter["type"], letter["reason"]) == (TaskType.PULL_ITEMS, "malformed_message")
    assert letter["params"] == {"element": "\ufffd\ufffd 流"}
    assert redis.llen("nagare:malformed") == 0


def test_a_message_of_an_unknown_task_becomes_a_dead_letter(services: Services, redis: Redis, task_id: str) -> None:
    unknown = "pull_hosts:0192f0c1-0000-7000-8000-000000000000"
    assert services.ledger.lifecycle.begin(unknown, "worker/1") is None
    services.ledger.malformed_messages.record_unknown("pull_hosts", unknown)
    services.ledger.malformed_messages.record_unknown("pull_hosts", task_id)
    [letter] = map(json.loads, redis.lrange(DEAD, 0, -1))
    assert (letter["reason"], letter["params"]) == ("unknown_task", {"element": unknown})
