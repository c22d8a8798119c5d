"""Statements on idempotency keys."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, select, update

from app.models import IdempotencyKey
from app.store.database.dialects import dialect_insert

KEYS = IdempotencyKey.__table__.c


def reserve(connection: Connection, row: Mapping[str, Any], valid_after: datetime) -> RowMapping | None:
    """Bind a user's key to a task, unless it was bound since `valid_after`: then return that binding.

    Of two concurrent requests the second waits here for the commit of the first.
    """
    mine = (KEYS.user_id == row["user_id"], KEYS.key == row["key"])
    connection.execute(delete(IdempotencyKey).where(*mine, KEYS.created_at <= valid_after))
    insert = dialect_insert(connection, IdempotencyKey)
    added = insert.values(row).on_conflict_do_nothing().returning(KEYS.task_id)
    if connection.execute(added).first() is not None:
        return None
    return connection.execute(select(KEYS.task_id, KEYS.fingerprint).where(*mine)).mappings().one()


def rebind(connection: Connection, user_id: int, key: str, task_id: str) -> None:
    """Bind a key that this transaction reserved to another task."""
    mine = (KEYS.user_id == user_id, KEYS.key == key)
    connection.execute(update(IdempotencyKey).where(*mine).values(task_id=task_id))


def prune(connection: Connection, created_before: datetime) -> None:
    """Delete keys that are no longer valid."""
    connection.execute(delete(IdempotencyKey).where(KEYS.created_at < created_before))
