"""Statements on maintenance windows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from app.models import Host, MaintenanceWindow
from app.store.database.pages import Keyset, Page, PageRequest, fetch_page

WINDOWS = MaintenanceWindow.__table__.c
HOSTS = Host.__table__.c
SHOWN = (
    *(WINDOWS.id, WINDOWS.name, WINDOWS.comment, WINDOWS.monitor_id, WINDOWS.host_id),
    *(WINDOWS.group_name.label("group"), WINDOWS.match, WINDOWS.rrule, WINDOWS.timezone),
    func.coalesce(WINDOWS.first_starts_at, WINDOWS.starts_at).label("starts_at"),
    func.coalesce(WINDOWS.first_ends_at, WINDOWS.ends_at).label("ends_at"),
    *(WINDOWS.starts_at.label("current_starts_at"), WINDOWS.ends_at.label("current_ends_at")),
    *(WINDOWS.next_starts_at, WINDOWS.push_to_source, WINDOWS.created_by, WINDOWS.created_at),
)
ENDED = select(WINDOWS.id).where(WINDOWS.next_starts_at.is_not(None), WINDOWS.ends_at <= bindparam("now"))
"""Windows whose occurrence has ended and that have another one."""
PUSH_DUE = select(WINDOWS.id).where(WINDOWS.push_due_at <= bindparam("now"))
"""Windows of which it is time to look at what their monitors must be told."""


def find(connection: Connection, window_id: int) -> RowMapping | None:
    """Return one window as the API shows it."""
    return connection.execute(select(*SHOWN).where(WINDOWS.id == window_id)).mappings().one_or_none()


def lock(connection: Connection, window_id: int) -> RowMapping | None:
    """Return one window as the API shows it, and lock it until the transaction ends."""
    statement = select(*SHOWN).where(WINDOWS.id == window_id).with_for_update()
    return connection.execute(statement).mappings().one_or_none()


def due(connection: Connection, rows: Select[int], now: datetime, limit: int) -> list[int]:
    """Return the ids of some windows of ENDED or PUSH_DUE."""
    return list(connection.execute(rows.order_by(WINDOWS.id).limit(limit), {"now": now}).scalars())


def fetch(connection: Connection, page: PageRequest, *, active_at: datetime | None = None) -> Page:
    """Return a page of windows, newest first; with `active_at` only those that cover that time."""
    statement = select(*SHOWN)
    if active_at is not None:
        statement = statement.where(is_active(active_at))
    return fetch_page(connection, statement, Keyset({"id": WINDOWS.id}, descending=True), page)


def add(connection: Connection, row: Mapping[str, Any]) -> int:
    """Add a window and return its id."""
    return int(connection.execute(insert(MaintenanceWindow).returning(WINDOWS.id), row).scalar_one())


def change(connection: Connection, window_id: int, values: Mapping[str, Any]) -> None:
    """Change some columns of a window."""
    connection.execute(update(MaintenanceWindow).where(WINDOWS.id == window_id).values(values))


def remove(connection: Connection, window_id: int) -> bool:
    """Delete a window; return false if it does not exist."""
    return connection.execute(delete(MaintenanceWindow).where(WINDOWS.id == window_id)).rowcount > 0


def is_active(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Return the condition that a window covers this time."""
    return and_(WINDOWS.starts_at <= now, WINDOWS.ends_at > now)
