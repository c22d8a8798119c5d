"""A lease interrupts its own block and nothing else, and leaves neither a timer nor a thread behind."""

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from app.errors import TaskInterrupted
from tasks.lease import Lease, interrupt


@pytest.fixture(autouse=True)
def _handler() -> Iterator[None]:
    before = signal.signal(signal.SIGUSR2, interrupt)
    yield
    signal.signal(signal.SIGUSR2, before)


def assert_nothing_is_left() -> None:
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert not [thread for thread in threading.enumerate() if thread.name == "lease"]


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


def test_an_interruption_while_no_task_runs_is_none() -> None:
    with Lease(60, lambda: True):
        pass
    os.kill(os.getpid(), signal.SIGUSR2)


def test_a_lease_that_was_interrupted_in_the_moment_of_its_end_can_be_closed() -> None:
    lease = Lease(60, lambda: True)
    lease.__enter__()
    with pytest.raises(TaskInterrupted):
        os.kill(os.getpid(), signal.SIGUSR2)
    lease.close()
    assert_nothing_is_left()
    os.kill(os.getpid(), signal.SIGUSR2)
    lease.close()


def test_a_lease_that_was_interrupted_before_it_began_can_be_closed() -> None:
    Lease(60, lambda: True).close()
    assert_nothing_is_left()
