"""Renews a running task's lease, and ends a process that cannot."""

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
"""Interval between two checks: progress is reported that often."""
FENCE = 0.9
"""The share of a lease after which a process that could not renew it ends, before others take the task over."""


class Lease:
    """Renews a lease while the block runs.

    If the lease is not renewed in time the kernel ends the process, even if Python itself is stuck: another worker may
    run the task from then on. If the task is no longer ours, the thread that runs the block, which must be the main
    one, gets a TaskInterrupted.

    `report` is called at each check to write what is pending; it returns false in the same case.
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
        """End the lease if it has not ended: an interruption at the very end of the block can skip that."""
        _keeper.release(self)
        signal.setitimer(signal.ITIMER_REAL, 0)

    def look(self) -> bool:
        """Renew the lease after a third of it, and report; false when the task is no longer ours."""
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
        """Have the kernel send SIGALRM, which ends the process, with a timer that clock changes do not affect."""
        self._renewed_at = at
        signal.setitimer(signal.ITIMER_REAL, max(0.001, at + self.lease_s * FENCE - clock.monotonic()))


class _Keeper:
    """The thread that renews the lease of the running task, one for all tasks of a process."""

    def __init__(self) -> None:
        self.lease: Lease | None = None
        self._pid = 0
        self._lock = threading.Lock()

    def keep(self, lease: Lease) -> None:
        """Start renewing a lease."""
        self.lease = lease
        # Threads do not survive a fork.
        if self._pid != os.getpid():
            self._pid = os.getpid()
            self._lock = threading.Lock()
            threading.Thread(
                target=self._run, args=(lease.lease_s / LOOKS_IN_A_LEASE,), name="lease", daemon=True
            ).start()

    def release(self, lease: Lease) -> None:
        """Stop renewing a lease; waits for a renewal in progress."""
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
    """Handle SIGUSR2: interrupt the running task, if any."""
    if _keeper.lease is not None:
        raise TaskInterrupted("the task was cancelled or taken over")
