"""Statements on maintenance windows, and on the suppression by windows and snoozes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Integer,
    RowMapping,
    and_,
    bindparam,
    case,
    cast,
    column,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.enums import AlertStatus
from app.models import Alert, Host, MaintenanceWindow
from app.models.alerts import SNOOZED
from app.store.alerts.alerts import ALERTS
from app.store.database.pages import Keyset, Page, PageRequest, fetch_page
from app.store.database.upsert import table_of

WINDOWS = MaintenanceWindow.__table__.c
HOSTS = Host.__table__.c
SHOWN = (
    *(WINDOWS.id, WINDOWS.name, WINDOWS.comment, WINDOWS.monitor_id, WINDOWS.host_id),
    *(WINDOWS.group_name.label("group"), WINDOWS.starts_at, WINDOWS.ends_at),
    *(WINDOWS.created_by, WINDOWS.created_at),
)


def find(connection: Connection, window_id: int) -> RowMapping | None:
    """Return one window as the API shows it."""
    return connection.execute(select(*SHOWN).where(WINDOWS.id == window_id)).mappings().one_or_none()


def fetch(connection: Connection, page: PageRequest, *, active_at: datetime | None = None) -> Page:
    """Return a page of windows, newest first; with `active_at` only those that cover that time."""
    statement = select(*SHOWN)
    if active_at is not None:
        statement = statement.where(_is_active(active_at))
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


def is_any_due(connection: Connection, now: datetime) -> bool:
    """Return whether a window began or ended, or a snooze expired, since suppression was last updated."""
    return any(connection.execute(rows.limit(1), {"now": now}).first() is not None for rows in DUE)


def is_any_active(connection: Connection, now: datetime) -> bool:
    """Return whether any window is active at this time."""
    return connection.execute(select(WINDOWS.id).where(_is_active(now)).limit(1)).first() is not None


def mark_applied(connection: Connection, now: datetime) -> None:
    """Record that suppression is up to date for this time."""
    is_active = _is_active(now)
    windows = update(MaintenanceWindow).where(WINDOWS.is_applied != is_active).values(is_applied=is_active)
    connection.execute(windows)
    snoozes = update(Alert).where(text(SNOOZED), ALERTS.snoozed_until <= now).values(snoozed_until=None)
    connection.execute(snoozes)


def flip(
    connection: Connection, now: datetime, limit: int, among: Sequence[int] | None = None
) -> tuple[list[RowMapping], list[RowMapping]]:
    """Update the suppression of up to `limit` open alerts; return those now suppressed and those no longer suppressed.

    Each has `id`, `host_id` and `item_id`.
    """
    is_covered = case((_is_covered(connection, now), 1), else_=0)
    wanted = [ALERTS.status != AlertStatus.RESOLVED, cast(ALERTS.suppressed, Integer) != is_covered]
    if among is not None:
        wanted.append(ALERTS.id.in_(among))
    # In the order of their ids, as everywhere that locks several alerts: different orders would deadlock on PostgreSQL.
    some = select(ALERTS.id).where(*wanted).order_by(ALERTS.id).limit(limit).with_for_update(key_share=True)
    ids = list(connection.execute(some).scalars())
    if not ids:
        return [], []
    changed = (
        update(table_of(Alert))
        .where(ALERTS.id.in_(ids), *wanted)
        .values(suppressed=~ALERTS.suppressed)
        .returning(ALERTS.id, ALERTS.host_id, ALERTS.item_id, ALERTS.suppressed)
    )
    rows = connection.execute(changed).mappings().all()
    return [row for row in rows if row["suppressed"]], [row for row in rows if not row["suppressed"]]


def _is_active(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    return and_(WINDOWS.starts_at <= now, WINDOWS.ends_at > now)


DUE = (
    select(WINDOWS.id).where(WINDOWS.is_applied != _is_active(bindparam("now"))),
    select(ALERTS.id).where(text(SNOOZED), ALERTS.snoozed_until <= bindparam("now")),
)


def _is_covered(connection: Connection, now: datetime) -> ColumnElement[bool]:
    """Return the condition that an alert is snoozed or covered by a window."""
    if connection.dialect.name == "postgresql":
        has_group = cast(HOSTS.groups, JSONB).contains(func.jsonb_build_array(WINDOWS.group_name))
    else:
        members = func.json_each(HOSTS.groups).table_valued(column("value"))
        has_group = exists(select(members.c.value).where(members.c.value == WINDOWS.group_name))
    is_in_group = select(HOSTS.id).where(HOSTS.id == ALERTS.host_id, has_group).correlate(Alert, MaintenanceWindow)
    window = (
        select(WINDOWS.id)
        .where(
            _is_active(now),
            or_(WINDOWS.monitor_id.is_(None), WINDOWS.monitor_id == ALERTS.monitor_id),
            or_(WINDOWS.host_id.is_(None), WINDOWS.host_id == ALERTS.host_id),
            or_(WINDOWS.group_name.is_(None), is_in_group.exists()),
        )
        .correlate(Alert)
    )
    return or_(func.coalesce(ALERTS.snoozed_until > now, False), window.exists())
