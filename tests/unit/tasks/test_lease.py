"""A lease interrupts its own block and nothing else, and leaves no timer behind."""

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from app.errors import DatabaseUnavailable, TaskInterrupted
from tasks import lease
from tasks.lease import Lease, interrupt

LEASE_S = 6.0
"""Long enough for a busy machine: who does not renew within nine tenths of it is killed, here the tests themselves."""


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
    with pytest.raises(TaskInterrupted), Lease(LEASE_S, lambda: False):
        threading.Event().wait(30)
    assert_nothing_is_left()


def test_a_block_that_ends_in_time_is_not_interrupted() -> None:
    renewed = threading.Event()

    def renew() -> bool:
        renewed.set()
        return True

    with Lease(LEASE_S, renew):
        assert renewed.wait(LEASE_S)
        left_s, _ = signal.getitimer(signal.ITIMER_REAL)
        assert 0 < left_s < LEASE_S
    assert_nothing_is_left()


def test_a_block_that_does_not_stop_when_it_is_interrupted_is_interrupted_again() -> None:
    with pytest.raises(TaskInterrupted), Lease(LEASE_S, lambda: False):
        try:
            threading.Event().wait(30)
        except TaskInterrupted:
            threading.Event().wait(30)


def test_a_block_whose_report_finds_it_no_longer_ours_is_interrupted() -> None:
    with pytest.raises(TaskInterrupted), Lease(LEASE_S, lambda: True, lambda: False):
        threading.Event().wait(30)
    assert_nothing_is_left()


def test_a_report_that_cannot_be_written_is_tried_again() -> None:
    reports = threading.Semaphore(0)

    def report() -> bool:
        reports.release()
        raise DatabaseUnavailable("the database is locked")

    with Lease(LEASE_S, lambda: True, report):
        for _ in range(3):
            assert reports.acquire(timeout=LEASE_S)
    assert_nothing_is_left()


def test_a_lease_that_ended_is_renewed_no_more() -> None:
    renewals: list[str] = []
    next_renewed = threading.Event()

    def renew(name: str) -> bool:
        renewals.append(name)
        next_renewed.set()
        return True

    with Lease(LEASE_S, lambda: renew("ended")):
        pass
    with Lease(LEASE_S, lambda: renew("next")):
        assert next_renewed.wait(LEASE_S)
    assert renewals == ["next"]


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
