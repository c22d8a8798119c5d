"""A warm shutdown that does not wait for long tasks: what has not ended after a moment is handed back to the queue."""

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

# A child that ends waits until its parent has counted its results, by default for 30 s. At a shutdown under load the
# parent sometimes misses one; the ledger has the outcome anyway, so ten tenths of a second are enough.
pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = 10


class HandBackStep(bootsteps.StartStopStep):
    """Begins to hand back however the worker came to its end: SIGHUP and an error announce no shutdown."""

    def close(self, worker: Any) -> None:  # noqa: ARG002 - the signature is Celery's
        """Begin, before the pool waits for its tasks."""
        hand_back()


@worker_shutting_down.connect
def hand_back(**_: Any) -> None:
    """Interrupt the tasks that run in a moment; a second call does nothing."""
    if not _thread.is_alive():
        _thread.start()


def _interrupt_children() -> None:
    """Interrupt the children's tasks until the process ends; a child that runs none takes no notice.

    Repeated, since a child may be about to begin a task at any one moment.
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
