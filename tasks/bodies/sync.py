"""The parent task of a sync."""

from app.enums import TaskType
from tasks.base import Run, task


@task(TaskType.SYNC)
def sync(run: Run) -> None:
    """Pull hosts, items and alerts of a monitor with one child task each."""
    run.services.ledger.syncs.begin(run.task_id, run.attempt, **run.params)
