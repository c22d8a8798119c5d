"""Statements that archive and delete hosts that are gone from their source."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, not_, select, update

from app.enums import AlertStatus
from app.models import Alert, Host, Item, MaintenanceWindow
from app.store.database.dialects import table_of

HOSTS = Host.__table__.c
ITEMS = Item.__table__.c
ALERTS = Alert.__table__.c
WINDOWS = MaintenanceWindow.__table__.c


def archive(connection: Connection, gone_before: datetime, now: datetime, limit: int) -> int:
    """Archive some hosts that have been gone since before a time, the first ones first; return how many."""
    is_gone = and_(HOSTS.vanished_at.is_not(None), HOSTS.archived_at.is_(None), HOSTS.vanished_at < gone_before)
    some = select(HOSTS.id).where(is_gone).order_by(HOSTS.vanished_at).limit(limit).scalar_subquery()
    # Checked again, for a host that returns meanwhile.
    statement = update(table_of(Host)).where(HOSTS.id.in_(some), is_gone).values(archived_at=now, updated_at=now)
    return connection.execute(statement).rowcount


def lock_prunable(connection: Connection, archived_before: datetime, now: datetime, limit: int) -> list[int]:
    """Return some hosts that were archived before a time, and lock them until the transaction ends.

    Without those that people still work on: with open alerts, or in a maintenance window that has not ended.
    """
    is_wanted = and_(HOSTS.archived_at.is_not(None), HOSTS.archived_at < archived_before)
    is_in_use = (exists().where(_is_open_alert_of(HOSTS.id)), exists().where(_is_window_of(HOSTS.id, now)))
    statement = select(HOSTS.id).where(is_wanted, *map(not_, is_in_use)).order_by(HOSTS.archived_at).limit(limit)
    return list(connection.execute(statement.with_for_update(of=table_of(Host))).scalars())


def planned_window(connection: Connection, host_id: int, now: datetime) -> int | None:
    """Return the id of a maintenance window of this host that has not ended."""
    statement = select(WINDOWS.id).where(_is_window_of(HOSTS.id, now), HOSTS.id == host_id).limit(1)
    return connection.execute(statement).scalar_one_or_none()


def release(connection: Connection, host_ids: Sequence[int]) -> None:
    """Separate alerts and ended maintenance windows from these hosts, of which they then keep the names."""
    host = select(HOSTS.name).where(HOSTS.id == ALERTS.host_id).scalar_subquery()
    item = select(ITEMS.name).where(ITEMS.id == ALERTS.item_id).scalar_subquery()
    kept = {
        "host": func.coalesce(func.nullif(ALERTS.host, ""), host, ""),
        "item": func.coalesce(func.nullif(ALERTS.item, ""), item, ""),
    }
    unlinked = {"host_id": None, "item_id": None}
    connection.execute(update(table_of(Alert)).where(ALERTS.host_id.in_(host_ids)).values(kept | unlinked))
    _keep_windows(connection, host_ids)


def remove_items(connection: Connection, host_ids: Sequence[int], limit: int) -> int:
    """Delete some items of these hosts, and return how many."""
    some = select(ITEMS.id).where(ITEMS.host_id.in_(host_ids)).limit(limit).scalar_subquery()
    return connection.execute(delete(table_of(Item)).where(ITEMS.id.in_(some))).rowcount


def remove(connection: Connection, host_ids: Sequence[int]) -> None:
    """Delete these hosts."""
    connection.execute(delete(table_of(Host)).where(HOSTS.id.in_(host_ids)))


def _is_open_alert_of(host_id: ColumnElement[int]) -> ColumnElement[bool]:
    return and_(ALERTS.host_id == host_id, ALERTS.status != AlertStatus.RESOLVED)


def _is_window_of(host_id: ColumnElement[int], now: datetime) -> ColumnElement[bool]:
    return and_(WINDOWS.host_id == host_id, WINDOWS.ends_at > now)


def _keep_windows(connection: Connection, host_ids: Sequence[int]) -> None:
    """Give these hosts' windows a match of the host's name: without any scope, one that is extended covers all."""
    columns = (WINDOWS.id, WINDOWS.match, HOSTS.name, HOSTS.monitor_id)
    found = connection.execute(select(*columns).where(WINDOWS.host_id == HOSTS.id, HOSTS.id.in_(host_ids))).all()
    for row in found:
        match = of_host(row.match, row.name)
        values = {"host_id": None, "monitor_id": row.monitor_id, "match": match}
        connection.execute(update(MaintenanceWindow).where(WINDOWS.id == row.id).values(values))


def of_host(match: str | None, name: str) -> str:
    """Return matchers that a host's name must fulfil as well."""
    given = (match or "").strip().removeprefix("{").removesuffix("}").strip().rstrip(",")
    wanted = f"alert.host={json.dumps(name, ensure_ascii=False)}"
    return "{" + ", ".join(filter(None, (given, wanted))) + "}"
