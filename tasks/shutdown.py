"""A warm shutdown that does not wait for long tasks: after a moment they are handed back to the queue."""

import os
import signal
import threading
import time
from typing import Any

import structlog
from billiard import active_children, pool
from celery import bootsteps
from celery.signals import worker_shutting_down

log = structlog.get_logger()
GRACE_S = 2.0
REPEAT_S = 0.5

# A child that exits waits until its parent has counted its results, by default 30 s. At a shutdown under load the
# parent sometimes misses one; the ledger has the outcome anyway, so ten tenths of a second are enough.
pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = 10


class HandBackStep(bootsteps.StartStopStep):
    """Starts to hand back, however the worker ends: SIGHUP and an error announce no shutdown."""

    def close(self, worker: Any) -> None:  # noqa: ARG002 - the signature is Celery's
        """Start before the pool waits for its tasks."""
        hand_back()


@worker_shutting_down.connect
def hand_back(**_: Any) -> None:
    """Interrupt the running tasks in a moment; a second call does nothing."""
    if not _thread.is_alive():
        _thread.start()


def _interrupt_children() -> None:
    """Interrupt the children's tasks until the process ends; an idle child ignores it.

    Repeated, because a child may be about to start a task.
    """
    time.sleep(GRACE_S)
    log.info("worker.handing_back")
    while True:
        for child in active_children():
            try:
                os.kill(child.pid, signal.SIGUSR2)
            except ProcessLookupError:
                continue
        time.sleep(REPEAT_S)


_thread = threading.Thread(target=_interrupt_children, name="shutdown", daemon=True)
