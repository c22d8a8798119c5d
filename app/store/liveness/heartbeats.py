"""Statements on heartbeats."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, func, insert, select, update

from app.models import Heartbeat
from app.store.database.dialects import table_of
from app.store.database.pages import Keyset, Page, PageRequest, fetch_page
from app.store.database.prepared_reads import PreparedRead
from app.store.database.search import matches
from app.store.database.single_statements import CanRead
from app.store.names import is_taken

HEARTBEATS = Heartbeat.__table__.c
KNOWN = tuple(column for column in HEARTBEATS if column.name not in ("token_hash", "quota_full_at"))
STATE = (
    *("monitor_id", "status", "reason", "last_ping_at", "last_start_at", "running_since", "last_duration_ms"),
    *("due_at", "quota_full_at"),
)
"""The columns that pings and time change."""
DUE = select(HEARTBEATS.id).where(HEARTBEATS.due_at <= bindparam("now"))


def find(connection: Connection, heartbeat_id: int) -> RowMapping | None:
    """Return one heartbeat, without its token."""
    return connection.execute(select(*KNOWN).where(HEARTBEATS.id == heartbeat_id)).mappings().one_or_none()


def lock(connection: Connection, heartbeat_ids: Collection[int]) -> Sequence[RowMapping]:
    """Return heartbeats, locked until the transaction ends; lock their monitors before, if they are needed."""
    columns = (*KNOWN, HEARTBEATS.quota_full_at)
    statement = select(*columns).where(HEARTBEATS.id.in_(heartbeat_ids)).order_by(HEARTBEATS.id)
    return connection.execute(statement.with_for_update(key_share=True)).mappings().all()


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
    return is_taken(connection, HEARTBEATS, name, except_id)


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


FIND_BY_TOKEN = PreparedRead(
    select(HEARTBEATS.id, HEARTBEATS.quota_full_at).where(HEARTBEATS.token_hash == bindparam("hash"))
)


def find_by_token(on: CanRead, token_hash: str) -> Mapping[Any, Any] | None:
    """Return the id and the quota of the heartbeat whose token has this hash."""
    return FIND_BY_TOKEN.find(on, {"hash": token_hash})


def by_token(connection: Connection, token_hashes: Collection[str]) -> Mapping[str, RowMapping]:
    """Return id, monitor and status of the heartbeats with these tokens, by the tokens' hashes."""
    columns = (HEARTBEATS.id, HEARTBEATS.token_hash, HEARTBEATS.monitor_id, HEARTBEATS.status)
    statement = select(*columns).where(HEARTBEATS.token_hash.in_(token_hashes))
    return {row["token_hash"]: row for row in connection.execute(statement).mappings()}


def due(connection: Connection, now: datetime, limit: int) -> Sequence[RowMapping]:
    """Return the ids and monitors of up to `limit` heartbeats whose status changes now, the longest due first."""
    statement = select(HEARTBEATS.id, HEARTBEATS.monitor_id).where(HEARTBEATS.due_at <= now)
    return connection.execute(statement.order_by(HEARTBEATS.due_at).limit(limit)).mappings().all()


def watched_ids(connection: Connection) -> Sequence[int]:
    """Return the ids of all heartbeats whose status will change unless a ping comes."""
    return connection.execute(select(HEARTBEATS.id).where(HEARTBEATS.due_at.is_not(None))).scalars().all()


UPDATE = (
    update(table_of(Heartbeat))
    .where(HEARTBEATS.id == bindparam("heartbeat"))
    .values({name: bindparam(f"new_{name}") for name in STATE})
)


def write_states(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write what pings and time change; each row has an `id`."""
    if rows:
        values = [{"heartbeat": row["id"], **{f"new_{name}": row[name] for name in STATE}} for row in rows]
        connection.execute(UPDATE, values)
