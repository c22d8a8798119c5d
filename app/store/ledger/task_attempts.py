"""Statements on failed, lost and interrupted attempts."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select

from app.models import TaskAttempt

ATTEMPTS = TaskAttempt.__table__.c


def add(connection: Connection, row: Mapping[str, Any]) -> None:
    """Record a failed, lost or interrupted attempt."""
    connection.execute(insert(TaskAttempt), row)


def history(connection: Connection, task_id: str) -> Sequence[RowMapping]:
    """Return a task's recorded attempts, oldest first."""
    columns = (
        ATTEMPTS.attempt,
        ATTEMPTS.worker,
        ATTEMPTS.started_at,
        ATTEMPTS.finished_at,
        ATTEMPTS.reason,
        ATTEMPTS.error,
        ATTEMPTS.traceback,
    )
    statement = select(*columns).where(ATTEMPTS.task_id == task_id).order_by(ATTEMPTS.attempt)
    return connection.execute(statement).mappings().all()
