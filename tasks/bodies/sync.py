"""The parent task of a sync."""

from app.rules.task_params.sync import Sync
from tasks.base import Run, task


@task(Sync)
def sync(run: Run[Sync]) -> None:
    """Pull hosts, items and alerts of a monitor with one child task each."""
    run.services.ledger.syncs.begin(run.task_id, run.attempt, run.params.monitor_id)
