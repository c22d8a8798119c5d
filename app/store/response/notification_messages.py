"""Statements on notification messages; one task sends each message."""

from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from app.models import NotificationChange, NotificationMessage, TaskRun
from app.store.database.dialects import dialect_insert

MESSAGES = NotificationMessage.__table__.c
CHANGES = NotificationChange.__table__.c
RUNS = TaskRun.__table__.c


def add(connection: Connection, task_id: str, notification_id: int, now: datetime) -> None:
    """Add the message that a task will send."""
    row = {"task_id": task_id, "notification_id": notification_id, "created_at": now}
    connection.execute(insert(NotificationMessage), row)


def ensure(connection: Connection, task_id: str, notification_id: int, now: datetime) -> None:
    """Add a message unless it exists."""
    row = {"task_id": task_id, "notification_id": notification_id, "created_at": now}
    connection.execute(dialect_insert(connection, NotificationMessage).on_conflict_do_nothing(), row)


def find(connection: Connection, task_id: str) -> RowMapping | None:
    """Return a task's message."""
    columns = (MESSAGES.sending_at, MESSAGES.sent_at)
    return connection.execute(select(*columns).where(MESSAGES.task_id == task_id)).mappings().one_or_none()


def mark(connection: Connection, task_id: str, *, sending_at: datetime | None, sent_at: datetime | None = None) -> None:
    """Record that a message is being sent, was sent, or certainly was not."""
    values = {"sending_at": sending_at, "sent_at": sent_at}
    connection.execute(update(NotificationMessage).where(MESSAGES.task_id == task_id).values(values))


def prune(connection: Connection, created_before: datetime, limit: int) -> int:
    """Delete some messages from before a time whose task is pruned, with their changes; return how many."""
    is_kept = select(RUNS.id).where(RUNS.id == MESSAGES.task_id).exists()
    old = select(MESSAGES.task_id).where(MESSAGES.created_at < created_before, ~is_kept).limit(limit)
    task_ids = list(connection.execute(old).scalars())
    connection.execute(delete(NotificationChange).where(CHANGES.task_id.in_(task_ids)))
    return connection.execute(delete(NotificationMessage).where(MESSAGES.task_id.in_(task_ids))).rowcount
