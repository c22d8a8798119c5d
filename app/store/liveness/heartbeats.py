"""Statements on heartbeats."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, func, insert, select, update

from app.models import Heartbeat
from app.store.database.dialects import table_of
from app.store.database.pages import Keyset, Page, PageRequest, fetch_page
from app.store.database.search import matches

HEARTBEATS = Heartbeat.__table__.c
KNOWN = tuple(column for column in HEARTBEATS if column.name not in ("token_hash", "quota_full_at"))
DUE = select(HEARTBEATS.id).where(HEARTBEATS.due_at <= bindparam("now"))


def find(connection: Connection, heartbeat_id: int) -> RowMapping | None:
    """Return one heartbeat, without its token."""
    return connection.execute(select(*KNOWN).where(HEARTBEATS.id == heartbeat_id)).mappings().one_or_none()


def lock(connection: Connection, heartbeat_id: int) -> RowMapping | None:
    """Return one heartbeat, locked until the transaction ends."""
    statement = select(*KNOWN).where(HEARTBEATS.id == heartbeat_id).with_for_update(key_share=True)
    return connection.execute(statement).mappings().one_or_none()


def fetch(connection: Connection, page: PageRequest, status: str | None = None, q: str | None = None) -> Page:
    """Return a page of heartbeats: those of a status, and those whose name contains `q`."""
    statement = select(*KNOWN)
    if status is not None:
        statement = statement.where(HEARTBEATS.status == status)
    if q is not None:
        statement = statement.where(matches(q, HEARTBEATS.name))
    return fetch_page(connection, statement, Keyset({"id": HEARTBEATS.id}), page)


def is_name_taken(connection: Connection, name: str, except_id: int | None = None) -> bool:
    """Return whether another heartbeat has this name."""
    statement = select(HEARTBEATS.id).where(HEARTBEATS.name == name)
    if except_id is not None:
        statement = statement.where(HEARTBEATS.id != except_id)
    return connection.execute(statement).first() is not None


def counts(connection: Connection) -> dict[str, int]:
    """Return how many heartbeats have each status; none is missing that has any."""
    statement = select(HEARTBEATS.status, func.count()).group_by(HEARTBEATS.status)
    return {row.status: row[1] for row in connection.execute(statement)}


def add(connection: Connection, row: Mapping[str, Any]) -> int:
    """Add a heartbeat and return its id."""
    return int(connection.execute(insert(table_of(Heartbeat)).returning(HEARTBEATS.id), row).scalar_one())


def change(connection: Connection, heartbeat_id: int, values: Mapping[str, Any]) -> None:
    """Change some columns of a heartbeat."""
    connection.execute(update(table_of(Heartbeat)).where(HEARTBEATS.id == heartbeat_id).values(values))


def remove(connection: Connection, heartbeat_id: int) -> None:
    """Delete a heartbeat with its pings."""
    connection.execute(delete(table_of(Heartbeat)).where(HEARTBEATS.id == heartbeat_id))


def due(connection: Connection, now: datetime, limit: int) -> Sequence[RowMapping]:
    """Return the ids and monitors of up to `limit` heartbeats whose status changes now, the longest due first."""
    statement = select(HEARTBEATS.id, HEARTBEATS.monitor_id).where(HEARTBEATS.due_at <= now)
    return connection.execute(statement.order_by(HEARTBEATS.due_at).limit(limit)).mappings().all()
