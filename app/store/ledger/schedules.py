"""Statements on schedules."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, select, text, update

from app.models import Schedule
from app.models.schedules import ENABLED
from app.store.database.pages import Keyset, Page, PageRequest, fetch_page
from app.store.names import is_taken

SCHEDULES = Schedule.__table__.c
SHOWN = tuple(SCHEDULES)
DUE = select(*SHOWN).where(text(ENABLED), SCHEDULES.next_run_at <= bindparam("now")).order_by(SCHEDULES.next_run_at)


def find(connection: Connection, schedule_id: int) -> RowMapping | None:
    """Return one schedule."""
    return connection.execute(select(*SHOWN).where(SCHEDULES.id == schedule_id)).mappings().one_or_none()


def fetch(connection: Connection, page: PageRequest) -> Page:
    """Return a page of schedules."""
    return fetch_page(connection, select(*SHOWN), Keyset({"id": SCHEDULES.id}), page)


def is_name_taken(connection: Connection, name: str, except_id: int | None = None) -> bool:
    """Return whether another schedule has this name."""
    return is_taken(connection, SCHEDULES, name, except_id)


def add(connection: Connection, row: Mapping[str, Any]) -> int:
    """Add a schedule and return its id."""
    return int(connection.execute(insert(Schedule).returning(SCHEDULES.id), row).scalar_one())


def change(connection: Connection, schedule_id: int, values: Mapping[str, Any]) -> None:
    """Change some columns of a schedule."""
    connection.execute(update(Schedule).where(SCHEDULES.id == schedule_id).values(values))


def remove(connection: Connection, schedule_id: int) -> bool:
    """Delete a schedule; return false if it does not exist."""
    return connection.execute(delete(Schedule).where(SCHEDULES.id == schedule_id)).rowcount > 0


def due(connection: Connection, now: datetime, limit: int) -> Sequence[RowMapping]:
    """Return up to `limit` enabled schedules that are due, the longest due first."""
    return connection.execute(DUE.limit(limit), {"now": now}).mappings().all()


def move_on(connection: Connection, schedule_id: int, due_at: datetime, next_run_at: datetime, now: datetime) -> bool:
    """Record that a schedule fires now; return false if another process was first, or it was changed meanwhile."""
    is_due = (SCHEDULES.id == schedule_id, SCHEDULES.next_run_at == due_at, text(ENABLED))
    values = {"next_run_at": next_run_at, "last_run_at": now}
    return connection.execute(update(Schedule).where(*is_due).values(values)).rowcount > 0
