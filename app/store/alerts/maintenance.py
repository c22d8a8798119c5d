"""Statements on maintenance windows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    delete,
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
    *(WINDOWS.group_name.label("group"), WINDOWS.match, WINDOWS.starts_at, WINDOWS.ends_at),
    *(WINDOWS.created_by, WINDOWS.created_at),
)


def find(connection: Connection, window_id: int) -> RowMapping | None:
    """Return one window as the API shows it."""
    return connection.execute(select(*SHOWN).where(WINDOWS.id == window_id)).mappings().one_or_none()


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
