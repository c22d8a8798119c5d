"""Statements of the intake: finds alerts by their sources' names, and writes their new states."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, insert, or_, select, update

from app.enums import AlertStatus
from app.models import Alert, Host, Item
from app.store.alerts.alerts import ALERTS
from app.store.database.dialects import table_of
from app.store.inventory.hosts import ID_BATCH_SIZE

HOSTS = Host.__table__.c
ITEMS = Item.__table__.c
CHANGED = (
    *("severity", "status", "message", "count", "last_seen_at", "resolved_at", "flaps", "flapped_at"),
    *("host_id", "item_id", "pulled_at"),
)
"""The columns that a report can change."""
KNOWN = (
    *(ALERTS.id, ALERTS.source, ALERTS.external_id, ALERTS.occurrence, ALERTS.first_seen_at, ALERTS.suppressed),
    *(ALERTS[name] for name in CHANGED),
)


def latest(
    connection: Connection, monitor_id: int, source: str, external_ids: Collection[str]
) -> Collection[RowMapping]:
    """Return the latest occurrence of each of these alerts of a source."""
    found: dict[str, RowMapping] = {}
    for chunk in _chunks(external_ids):
        wanted = (ALERTS.monitor_id == monitor_id, ALERTS.source == source, ALERTS.external_id.in_(chunk))
        statement = select(*KNOWN).where(*wanted).order_by(ALERTS.occurrence)
        found |= {row["external_id"]: row for row in connection.execute(statement).mappings()}
    return found.values()


INSERT = insert(table_of(Alert)).returning(ALERTS.id, sort_by_parameter_order=True)


def add(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Add alerts and return their ids in the same order."""
    return list(connection.execute(INSERT, rows).scalars()) if rows else []


UPDATE = (
    update(table_of(Alert))
    .where(ALERTS.id == bindparam("alert"))
    .values({name: bindparam(f"new_{name}") for name in CHANGED})
)


def change(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the state of alerts; each row has an `id`."""
    if rows:
        values = [{"alert": row["id"], **{f"new_{name}": row[name] for name in CHANGED}} for row in rows]
        connection.execute(UPDATE, values)


def end_unseen(connection: Connection, monitor_id: int, observed_at: datetime, limit: int) -> Sequence[RowMapping]:
    """Resolve some open alerts that earlier pulls saw but the pull of `observed_at` did not.

    Return the `id`, `host_id` and `item_id` of each.
    """
    unseen = (
        ALERTS.monitor_id == monitor_id,
        ALERTS.status != AlertStatus.RESOLVED,
        ALERTS.pulled_at < observed_at,
        ALERTS.last_seen_at <= observed_at,
    )
    some = select(ALERTS.id).where(*unseen).order_by(ALERTS.id).limit(limit).with_for_update(key_share=True)
    values = {"status": AlertStatus.RESOLVED, "resolved_at": observed_at}
    statement = update(table_of(Alert)).where(ALERTS.id.in_(some.scalar_subquery()), *unseen).values(values)
    returning = statement.returning(ALERTS.id, ALERTS.host_id, ALERTS.item_id)
    return connection.execute(returning).mappings().all()


def host_ids(connection: Connection, monitor_id: int, wanted: Collection[str]) -> tuple[dict[str, int], dict[str, int]]:
    """Return a monitor's hosts by external id and by name, technical or shown; of equal names, the oldest host."""
    by_external_id: dict[str, int] = {}
    by_name: dict[str, int] = {}
    for chunk in _chunks(wanted):
        named = or_(HOSTS.external_id.in_(chunk), HOSTS.name.in_(chunk), HOSTS.display_name.in_(chunk))
        columns = (HOSTS.id, HOSTS.external_id, HOSTS.name, HOSTS.display_name)
        statement = select(*columns).where(HOSTS.monitor_id == monitor_id, named).order_by(HOSTS.id.desc())
        for row in connection.execute(statement):
            by_external_id[row.external_id] = row.id
            by_name[row.display_name] = row.id
            by_name[row.name] = row.id
    return by_external_id, by_name


def item_ids(
    connection: Connection, wanted_hosts: Collection[int], wanted: Collection[str]
) -> tuple[dict[tuple[int, str], int], dict[tuple[int, str], int]]:
    """Return items of these hosts by host and external id, and by host and key or name."""
    by_external_id: dict[tuple[int, str], int] = {}
    by_name: dict[tuple[int, str], int] = {}
    for chunk in _chunks(wanted):
        named = or_(ITEMS.external_id.in_(chunk), ITEMS.key.in_(chunk), ITEMS.name.in_(chunk))
        columns = (ITEMS.id, ITEMS.host_id, ITEMS.external_id, ITEMS.key, ITEMS.name)
        statement = select(*columns).where(ITEMS.host_id.in_(wanted_hosts), named).order_by(ITEMS.id.desc())
        for row in connection.execute(statement):
            by_external_id[row.host_id, row.external_id] = row.id
            by_name[row.host_id, row.name] = row.id
            by_name[row.host_id, row.key] = row.id
    return by_external_id, by_name


def _chunks(texts: Iterable[str]) -> Iterable[list[str]]:
    every = sorted(texts)
    return (every[start : start + ID_BATCH_SIZE // 10] for start in range(0, len(every), ID_BATCH_SIZE // 10))
