"""When a worker counts as stalled, and when not."""

import pytest
from celery.worker import state
from redis.exceptions import ConnectionError as RedisConnectionError

from app import clock
from tasks.stall import STALLED_AFTER_S, StallGuard


@pytest.fixture(autouse=True)
def _empty_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "total_count", {})
    monkeypatch.setattr(state, "reserved_requests", [])


def watch(guard: StallGuard, monkeypatch: pytest.MonkeyPatch, seconds: float, waiting: int) -> None:
    """Look once a second."""
    for second in range(int(seconds) + 1):
        monkeypatch.setattr(clock, "monotonic", lambda second=second: 1000.0 + second)
        guard.watch(waiting, slots=4)


@pytest.fixture
def guard(monkeypatch: pytest.MonkeyPatch) -> StallGuard:
    monkeypatch.setattr(clock, "monotonic", lambda: 1000.0)
    return StallGuard()


def test_messages_that_wait_while_nothing_is_taken_are_a_stall(
    guard: StallGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RedisConnectionError):
        watch(guard, monkeypatch, STALLED_AFTER_S + 1, waiting=1)
    assert (guard.stalls, guard.is_stalled) == (1, True)
    state.total_count["tasks.pull_hosts"] = 1
    guard.watch(1, slots=4)
    assert (guard.stalls, guard.is_stalled) == (1, False)


def test_an_idle_worker_is_no_stall(guard: StallGuard, monkeypatch: pytest.MonkeyPatch) -> None:
    watch(guard, monkeypatch, 60, waiting=0)
    assert guard.stalls == 0


def test_a_worker_whose_slots_are_all_taken_is_no_stall(guard: StallGuard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "reserved_requests", [object()] * 4)
    watch(guard, monkeypatch, 60, waiting=9)
    assert guard.stalls == 0
