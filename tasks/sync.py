"""The task that consists of others."""

from app.enums import TaskType
from tasks.base import Run, task


@task(TaskType.SYNC)
def sync(run: Run) -> None:
    """Pull hosts, items and alerts of a monitor, each by a task of its own."""
    run.services.ledger.syncs.begin(run.task_id, run.attempt, **run.params)
