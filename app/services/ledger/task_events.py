"""Publishes events about tasks, each after the commit of its change."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.enums import TaskState
from app.queue.events import EventLog
from app.rules.live_events import PROGRESS, task_event
from app.services.ledger.task_claim import Claim
from app.store.ledger.task_steps import TaskStep

UNKNOWN = TaskStep(0, None, "")


class TaskEvents:
    """No method raises: a lost event must not undo the change."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    def began(self, claim: Claim, worker: str) -> None:
        """Publish that a worker has started the task."""
        self._publish(claim, TaskState.RUNNING, worker=worker)

    def moved(self, claim: Claim, step: TaskStep) -> None:
        """Publish the task's progress."""
        self._publish(claim, TaskState.RUNNING, step, what=PROGRESS)

    def succeeded(self, claim: Claim, result: Mapping[str, Any], step: TaskStep | None) -> None:
        """Publish that the task has succeeded."""
        self._publish(claim, TaskState.SUCCEEDED, step, result=result)

    def handed_back(self, claim: Claim) -> None:
        """Publish that the task is queued again; this must come before another worker publishes that it runs."""
        self._publish(claim, TaskState.QUEUED, attempts=claim.attempt - claim.first_attempt - 1)
        self._log.flush()

    def changed(self, runs: Iterable[Mapping[Any, Any]]) -> None:
        """Publish the state of tasks, each given as the API shows it."""
        self._log.add([task_event(run) for run in runs])

    def _publish(
        self, claim: Claim, state: TaskState, step: TaskStep | None = None, what: str | None = None, **more: Any
    ) -> None:
        row = {
            "task_id": claim.task_id,
            "type": claim.type,
            "state": state,
            "monitor_id": claim.monitor_id,
            "attempts": claim.attempt - claim.first_attempt,
            **(step or UNKNOWN).columns(),
            **more,
        }
        self._log.add([task_event(row, what)])
