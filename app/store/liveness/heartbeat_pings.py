"""Statements on the pings of heartbeats."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select

from app.enums import PingKind
from app.models import HeartbeatPing
from app.store.database.dialects import table_of
from app.store.database.pages import Keyset, Page, PageRequest, fetch_page

PINGS = HeartbeatPing.__table__.c
SHOWN = (PINGS.id, PINGS.kind, PINGS.at, PINGS.exit_code, PINGS.duration_ms, PINGS.body)


def add(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add pings."""
    connection.execute(insert(table_of(HeartbeatPing)), rows)


def fetch(connection: Connection, page: PageRequest, heartbeat_id: int) -> Page:
    """Return a page of a heartbeat's pings, newest first."""
    statement = select(*SHOWN).where(PINGS.heartbeat_id == heartbeat_id)
    return fetch_page(connection, statement, Keyset({"id": PINGS.id}, descending=True), page)


def last(connection: Connection, heartbeat_id: int) -> RowMapping | None:
    """Return a heartbeat's last success or failure."""
    statement = select(*SHOWN).where(PINGS.heartbeat_id == heartbeat_id, PINGS.kind != PingKind.START)
    return connection.execute(statement.order_by(PINGS.id.desc()).limit(1)).mappings().one_or_none()


def prune(connection: Connection, heartbeat_ids: Iterable[int], kept: int) -> None:
    """Delete all but the newest pings of these heartbeats."""
    for heartbeat_id in heartbeat_ids:
        of_it = PINGS.heartbeat_id == heartbeat_id
        newest_gone = select(PINGS.id).where(of_it).order_by(PINGS.id.desc()).offset(kept).limit(1)
        connection.execute(delete(table_of(HeartbeatPing)).where(of_it, PINGS.id <= newest_gone.scalar_subquery()))
