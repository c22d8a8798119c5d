"""A lease interrupts its own block and nothing else, and leaves no timer behind."""

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from app.errors import TaskInterrupted
from tasks import lease
from tasks.lease import Lease, interrupt


@pytest.fixture(autouse=True)
def _keeper(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let each test have its own keeper, whose pace is that of the test's lease."""
    monkeypatch.setattr(lease, "_keeper", lease._Keeper())
    before = signal.signal(signal.SIGUSR2, interrupt)
    yield
    signal.signal(signal.SIGUSR2, before)


def assert_nothing_is_left() -> None:
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert lease._keeper.lease is None


def test_a_block_whose_task_is_no_longer_ours_is_interrupted() -> None:
    with pytest.raises(TaskInterrupted), Lease(0.3, lambda: False):
        threading.Event().wait(30)
    assert_nothing_is_left()


def test_a_block_that_ends_in_time_is_not_interrupted() -> None:
    renewed = threading.Event()

    def renew() -> bool:
        renewed.set()
        return True

    with Lease(0.3, renew):
        assert renewed.wait(30)
        left_s, _ = signal.getitimer(signal.ITIMER_REAL)
        assert 0 < left_s < 0.3
    assert_nothing_is_left()


def test_a_block_that_does_not_stop_when_it_is_interrupted_is_interrupted_again() -> None:
    with pytest.raises(TaskInterrupted), Lease(0.3, lambda: False):
        try:
            threading.Event().wait(30)
        except TaskInterrupted:
            threading.Event().wait(30)


def test_a_lease_that_ended_is_renewed_no_more() -> None:
    renewals: list[bool] = []
    with Lease(0.1, lambda: not renewals.append(True)):  # type: ignore[func-returns-value]
        pass
    with Lease(0.1, lambda: True):
        threading.Event().wait(0.2)
    assert renewals == []


def test_an_interruption_while_no_task_runs_is_none() -> None:
    with Lease(60, lambda: True):
        pass
    os.kill(os.getpid(), signal.SIGUSR2)


def test_a_lease_that_was_interrupted_in_the_moment_of_its_end_can_be_closed() -> None:
    interrupted = Lease(60, lambda: True)
    interrupted.__enter__()
    with pytest.raises(TaskInterrupted):
        os.kill(os.getpid(), signal.SIGUSR2)
    interrupted.close()
    assert_nothing_is_left()
    os.kill(os.getpid(), signal.SIGUSR2)
    interrupted.close()


def test_a_lease_that_was_interrupted_before_it_began_can_be_closed() -> None:
    Lease(60, lambda: True).close()
    assert_nothing_is_left()
