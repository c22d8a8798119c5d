"""Keeps a running task's lease, and ends the process that cannot."""

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
RETRY_S = 1.0
FENCE = 0.9
"""The share of a lease after which a process that could not renew it ends: before others take the task for lost."""

_interruptible: set["Lease"] = set()


class Lease:
    """Renews a lease in a thread while the block runs.

    When the lease was not renewed in time the kernel ends the process, even if Python itself is stuck: another worker
    may run the task from then on. When the task turns out to be no longer ours, the main thread gets a TaskInterrupted.
    """

    def __init__(self, lease_s: float, renew: Callable[[], bool]) -> None:
        self._lease_s = lease_s
        self._renew = renew
        self._is_over = threading.Event()
        self._main = threading.get_ident()
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    def __enter__(self) -> Self:
        self._set_fence(clock.monotonic())
        _interruptible.add(self)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the lease, if it has not ended: an interruption in the moment of the block's end can skip that."""
        _interruptible.discard(self)
        self._is_over.set()
        if self._thread.is_alive():
            self._thread.join()
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _set_fence(self, renewed_at: float) -> None:
        """Have the kernel send SIGALRM, which ends the process, by a timer that no change of the clock moves."""
        signal.setitimer(signal.ITIMER_REAL, max(0.001, renewed_at + self._lease_s * FENCE - clock.monotonic()))

    def _keep(self) -> None:
        wait_s = self._lease_s / RENEWALS_IN_A_LEASE
        while not self._is_over.wait(wait_s):
            started_at = clock.monotonic()
            try:
                is_ours = self._renew()
            except DatabaseUnavailable as error:
                log.warning("lease.not_renewed", error=str(error))
                wait_s = min(wait_s, RETRY_S)
                continue
            self._set_fence(started_at)
            wait_s = self._lease_s / RENEWALS_IN_A_LEASE
            if not is_ours:
                signal.pthread_kill(self._main, signal.SIGUSR2)
                return


def interrupt(_signal: int, _frame: FrameType | None) -> None:
    """Handle SIGUSR2: stop the running task, if there is one."""
    if _interruptible:
        raise TaskInterrupted("the task was cancelled or taken back")
