"""When a worker counts as stalled, and when not."""

from collections import deque
from types import SimpleNamespace
from typing import Any

import pytest
from celery.worker import state
from kombu import Queue
from redis.exceptions import ConnectionError as RedisConnectionError

from app import clock
from app.queue.keys import QUEUES
from tasks.stall_detection import STALLED_AFTER_S, StallGuard


class Consumer:
    """Celery's, as far as its health is told by it: four slots, and the queues that it takes from."""

    def __init__(self, *types: str) -> None:
        self.pool = SimpleNamespace(num_processes=4)
        self.task_consumer = SimpleNamespace(queues=[Queue(QUEUES[type_]) for type_ in types])
        self.task_buckets: dict[str, Any] = {"tasks.pull_hosts": None}


@pytest.fixture(autouse=True)
def _empty_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "total_count", {})
    monkeypatch.setattr(state, "reserved_requests", [])


@pytest.fixture
def consumer() -> Consumer:
    return Consumer("pull_hosts", "pull_items")


@pytest.fixture
def guard(monkeypatch: pytest.MonkeyPatch) -> StallGuard:
    monkeypatch.setattr(clock, "monotonic", lambda: 1000.0)
    return StallGuard()


def watch(
    guard: StallGuard, monkeypatch: pytest.MonkeyPatch, consumer: Consumer, seconds: float, **waiting: int
) -> None:
    """Look once a second."""
    for second in range(int(seconds) + 1):
        monkeypatch.setattr(clock, "monotonic", lambda second=second: 1000.0 + second)
        guard.watch(consumer, waiting)


def test_messages_that_wait_while_nothing_is_taken_are_a_stall(
    guard: StallGuard, monkeypatch: pytest.MonkeyPatch, consumer: Consumer
) -> None:
    with pytest.raises(RedisConnectionError):
        watch(guard, monkeypatch, consumer, STALLED_AFTER_S + 1, pull_hosts=1)
    assert (guard.stalls, guard.is_stalled) == (1, True)
    state.total_count["tasks.pull_hosts"] = 1
    guard.watch(consumer, {"pull_hosts": 1})
    assert (guard.stalls, guard.is_stalled) == (1, False)


def test_an_idle_worker_is_no_stall(guard: StallGuard, monkeypatch: pytest.MonkeyPatch, consumer: Consumer) -> None:
    watch(guard, monkeypatch, consumer, 60, pull_hosts=0)
    assert guard.stalls == 0


def test_a_worker_whose_slots_are_all_taken_is_no_stall(
    guard: StallGuard, monkeypatch: pytest.MonkeyPatch, consumer: Consumer
) -> None:
    monkeypatch.setattr(state, "reserved_requests", [object()] * 4)
    watch(guard, monkeypatch, consumer, 60, pull_hosts=9)
    assert guard.stalls == 0


def test_messages_in_queues_of_others_are_no_stall(
    guard: StallGuard, monkeypatch: pytest.MonkeyPatch, consumer: Consumer
) -> None:
    watch(guard, monkeypatch, consumer, 60, generate_alerts=9)
    assert guard.stalls == 0


def test_messages_that_a_rate_limit_holds_up_take_slots(
    guard: StallGuard, monkeypatch: pytest.MonkeyPatch, consumer: Consumer
) -> None:
    consumer.task_buckets["tasks.pull_hosts"] = SimpleNamespace(contents=deque([object()] * 3))
    monkeypatch.setattr(state, "reserved_requests", [object()])
    watch(guard, monkeypatch, consumer, 60, pull_hosts=9)
    assert guard.stalls == 0
