"""Whether and when a failed task is tried again."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import SourceFailing, SourceRefusedLogin, SourceTimeout, TaskFailed, WorkerLost
from app.rules.retry import Bury, Retry, RetryPolicy, decide

POLICY = RetryPolicy(base_s=2, cap_s=300)


@given(draws=st.lists(st.floats(0, 1, exclude_max=True), min_size=6, max_size=6), base=st.floats(0.01, 10))
def test_delays_grow_within_their_bounds(draws: list[float], base: float) -> None:
    policy = RetryPolicy(base, cap_s=1e9)
    delays = [policy.delay_s(retry, lambda draw=draw: draw) for retry, draw in enumerate(draws)]  # type: ignore[misc]
    assert all(earlier <= later for earlier, later in pairwise(delays))
    assert all(base * 2**retry / 2 <= delay <= base * 2**retry for retry, delay in enumerate(delays))


@pytest.mark.parametrize("retry", [8, 60, 5000])
def test_the_cap_holds_however_often_it_failed(retry: int) -> None:
    assert POLICY.delay_s(retry, lambda: 0.999) <= 300


@pytest.mark.parametrize(("attempts", "is_retried"), [(1, True), (3, True), (4, False)])
def test_three_retries_follow_the_first_attempt(attempts: int, is_retried: bool) -> None:
    decision = decide(SourceTimeout("late"), attempts=attempts, max_retries=3, policy=POLICY, draw=lambda: 0.5)
    assert isinstance(decision, Retry) is is_retried
    if not is_retried:
        assert decision == Bury("source_timeout")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (SourceRefusedLogin("no"), "source_refused_login"),
        (TaskFailed("no hosts"), "failed"),
        (ValueError("a bug"), "internal_error"),
        (KeyboardInterrupt(), "internal_error"),
    ],
)
def test_what_will_not_change_is_buried_at_once(error: BaseException, reason: str) -> None:
    assert decide(error, attempts=1, max_retries=3, policy=POLICY, draw=lambda: 0.5) == Bury(reason)


def test_a_task_that_kills_its_worker_is_buried_after_its_attempts() -> None:
    decisions = [
        decide(WorkerLost("killed"), attempts=attempts, max_retries=3, policy=POLICY, draw=lambda: 0)
        for attempts in range(1, 5)
    ]
    assert decisions == [Retry(1), Retry(2), Retry(4), Bury("worker_lost")]


@pytest.mark.parametrize("draw", [0.0, 0.5, 0.999])
def test_a_source_that_says_when_to_come_back_is_not_asked_earlier(draw: float) -> None:
    error = SourceFailing("busy", retry_after_s=1800, is_busy=True)
    decision = decide(error, attempts=1, max_retries=3, policy=POLICY, draw=lambda: draw)
    assert isinstance(decision, Retry)
    assert 1800 < decision.delay_s <= 1800 + POLICY.base_s


def test_retries_after_a_wait_are_counted_all_the_same() -> None:
    error = SourceFailing("busy", retry_after_s=1, is_busy=True)
    assert decide(error, attempts=4, max_retries=3, policy=POLICY, draw=lambda: 0) == Bury("source_failing")


def test_a_busy_source_that_does_not_say_when_is_left_alone_for_longer() -> None:
    def delays(*, is_busy: bool) -> list[object]:
        error = SourceFailing("busy", is_busy=is_busy)
        return [decide(error, attempts=n, max_retries=9, policy=POLICY, draw=lambda: 0) for n in (1, 2, 3, 9)]

    assert delays(is_busy=False) == [Retry(1), Retry(2), Retry(4), Retry(150)]
    assert delays(is_busy=True) == [Retry(4), Retry(8), Retry(16), Retry(150)]
