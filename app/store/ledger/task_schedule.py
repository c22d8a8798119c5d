"""Statements on tasks that are scheduled for later: queued, without a message, until recovery finds them due."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, update

from app.models import TaskRun
from app.store.ledger.task_runs import RUNS, STILL_QUEUED


def hasten(connection: Connection, task_ids: Sequence[str], now: datetime) -> list[str]:
    """Make scheduled tasks due now; return the ids of those that were to run later.

    Recovery publishes them within a second.
    """
    statement = update(TaskRun).where(RUNS.id.in_(task_ids), STILL_QUEUED, RUNS.next_run_at > now)
    values = {"next_run_at": now, "published_at": now}
    return list(connection.execute(statement.values(values).returning(RUNS.id)).scalars())
