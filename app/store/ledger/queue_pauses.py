"""Statements on paused queues."""

from datetime import datetime

from sqlalchemy import Connection, delete, select

from app.models import QueuePause
from app.store.database.dialects import dialect_insert

PAUSES = QueuePause.__table__.c


def paused_types(connection: Connection) -> set[str]:
    """Return the types whose queues are paused."""
    return set(connection.execute(select(PAUSES.type)).scalars())


def pause(connection: Connection, type: str, now: datetime) -> None:
    """Pause a queue; do nothing if it is paused."""
    insert = dialect_insert(connection, QueuePause)
    connection.execute(insert.values(type=type, paused_at=now).on_conflict_do_nothing())


def resume(connection: Connection, type: str) -> None:
    """Resume a queue."""
    connection.execute(delete(QueuePause).where(PAUSES.type == type))
