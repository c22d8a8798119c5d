"""Keeps a running task's lease, and ends the process that cannot."""

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self

import structlog

from app import clock
from app.errors import DatabaseUnavailable, TaskInterrupted

log = structlog.get_logger()
RENEWALS_IN_A_LEASE = 3
LOOKS_IN_A_LEASE = 30
LONGEST_PAUSE_S = 1.0
"""Between two looks: progress is shown that often."""
FENCE = 0.9
"""The share of a lease after which a process that could not renew it ends: before others take the task for lost."""


class Lease:
    """Renews a lease while the block runs.

    When the lease was not renewed in time the kernel ends the process, even if Python itself is stuck: another worker
    may run the task from then on. When the task turns out to be no longer ours, the thread that runs the block, which
    must be the main one, gets a TaskInterrupted.

    `report` is called at each look, for what else should be written in time; it is false in the same case.
    """

    def __init__(self, lease_s: float, renew: Callable[[], bool], report: Callable[[], bool] = lambda: True) -> None:
        self.lease_s = lease_s
        self._renew = renew
        self._report = report
        self._renewed_at = 0.0

    def __enter__(self) -> Self:
        self._note_renewal(clock.monotonic())
        _keeper.keep(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the lease, if it has not ended: an interruption in the moment of the block's end can skip that."""
        _keeper.release(self)
        signal.setitimer(signal.ITIMER_REAL, 0)

    def look(self) -> bool:
        """Renew the lease when a third of it is over, and report; false when the task is no longer ours."""
        return self._renew_if_due() and self._report_if_possible()

    def _report_if_possible(self) -> bool:
        try:
            return self._report()
        except DatabaseUnavailable as error:
            log.warning("progress.not_reported", error=str(error))
            return True

    def _renew_if_due(self) -> bool:
        now = clock.monotonic()
        if now - self._renewed_at < self.lease_s / RENEWALS_IN_A_LEASE:
            return True
        try:
            is_ours = self._renew()
        except DatabaseUnavailable as error:
            log.warning("lease.not_renewed", error=str(error))
            return True
        if is_ours:
            self._note_renewal(now)
        return is_ours

    def _note_renewal(self, at: float) -> None:
        """Have the kernel send SIGALRM, which ends the process, by a timer that no change of the clock moves."""
        self._renewed_at = at
        signal.setitimer(signal.ITIMER_REAL, max(0.001, at + self.lease_s * FENCE - clock.monotonic()))


class _Keeper:
    """The thread that renews the lease of the task that runs, one for all tasks of a process."""

    def __init__(self) -> None:
        self.lease: Lease | None = None
        self._pid = 0
        self._lock = threading.Lock()

    def keep(self, lease: Lease) -> None:
        """Begin to look after a lease."""
        self.lease = lease
        # A thread does not live on in a process that was forked.
        if self._pid != os.getpid():
            self._pid = os.getpid()
            self._lock = threading.Lock()
            threading.Thread(
                target=self._run, args=(lease.lease_s / LOOKS_IN_A_LEASE,), name="lease", daemon=True
            ).start()

    def release(self, lease: Lease) -> None:
        """Stop to look after a lease; waits for a renewal that is under way."""
        with self._lock:
            if self.lease is lease:
                self.lease = None

    def _run(self, look_every_s: float) -> None:
        never = threading.Event()
        while not never.wait(min(look_every_s, LONGEST_PAUSE_S)):
            # Under the lock, so that no other lease begins between the answer and the interruption.
            with self._lock:
                if self.lease is not None and not self.lease.look():
                    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR2)


_keeper = _Keeper()


def interrupt(_signal: int, _frame: FrameType | None) -> None:
    """Handle SIGUSR2: stop the running task, if there is one."""
    if _keeper.lease is not None:
        raise TaskInterrupted("the task was cancelled or taken over")
