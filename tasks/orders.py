"""Does what a person asks of this worker through the API, which has authenticated and audited the request."""

import os
import signal
from collections.abc import Iterable

import structlog

from app.enums import TaskType, WorkerOrder

log = structlog.get_logger()


class Orders:
    """What was asked of this worker; it is kept here, so that a flushed Redis resumes no worker."""

    def __init__(self) -> None:
        self.is_paused = False

    def follow(self, order: str | None) -> None:
        """Do what was asked; ignore what no release of nagare asks."""
        if order not in {*WorkerOrder}:
            return
        log.info("worker.ordered", order=order)
        if order == WorkerOrder.SHUTDOWN:
            os.kill(os.getpid(), signal.SIGTERM)
        else:
            self.is_paused = order == WorkerOrder.PAUSE

    def paused(self, paused: Iterable[str]) -> set[str]:
        """Return the types of which this worker takes no tasks, given those that are paused for all."""
        return {*TaskType} if self.is_paused else {*paused}
