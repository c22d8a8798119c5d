"""Statements on the tasks that sent codes and test messages."""

from datetime import datetime

from sqlalchemy import Connection, select, text

from app.enums import TaskType
from app.models import TaskRun
from app.models.task_runs import LISTED

RUNS = TaskRun.__table__.c


def requested_at(connection: Connection, user_id: int, since: datetime, number: int) -> datetime | None:
    """Return when a user asked for the `number`th of these tasks, counted from the last one; None before `since`."""
    wanted = (RUNS.type == TaskType.TRY_CHANNEL, RUNS.created_at > since, RUNS.requested_by == user_id, text(LISTED))
    statement = select(RUNS.created_at).where(*wanted).order_by(RUNS.created_at.desc(), RUNS.id.desc())
    return connection.execute(statement.offset(number - 1).limit(1)).scalar_one_or_none()
