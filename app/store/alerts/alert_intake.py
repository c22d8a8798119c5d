"""Statements of the intake: finds alerts by their sources' names, and writes their new states."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Update,
    and_,
    bindparam,
    column,
    delete,
    exists,
    or_,
    select,
    table,
    update,
)

from app.enums import OPEN_STATUSES, AlertStatus, Resolution
from app.models import Alert, AlertLabel, AlertWitness, LabelPair
from app.store.alerts.alerts import ALERTS
from app.store.database.bulk_rows import execute_bulk
from app.store.database.dialects import dialect_insert, dialect_of, insert_bulk, table_of
from app.store.inventory.hosts import ID_BATCH_SIZE

WITNESSES = AlertWitness.__table__.c
LABELS = AlertLabel.__table__.c
PAIRS = LabelPair.__table__.c
SEEN: tuple[str, ...] = ("count", "last_seen_at", "pulled_at", "missed_at", "last_started_at")
"""The columns that every report may change."""
CHANGED: tuple[str, ...] = (
    *SEEN,
    *("severity", "status", "message", "resolved_at", "resolution", "flaps", "flapped_at"),
    *("description", "value", "labels", "annotations", "source_severity", "source_url", "silenced_by", "is_stale"),
    *("started_at", "ended_at", "changed_at"),
    *("host", "host_external_id", "item", "item_external_id", "host_id", "item_id"),
)
"""The columns that a report can change."""
KNOWN = (
    *(ALERTS.id, ALERTS.source, ALERTS.external_id, ALERTS.occurrence, ALERTS.first_seen_at, ALERTS.suppressed),
    *(ALERTS[name] for name in CHANGED),
)
IS_OPEN = ALERTS.status.in_(OPEN_STATUSES)


def latest(
    connection: Connection, monitor_id: int, source: str, external_ids: Collection[str]
) -> Collection[RowMapping]:
    """Return the latest occurrence of each of these alerts of a source."""
    found: dict[str, RowMapping] = {}
    for chunk in chunks(external_ids):
        wanted = (ALERTS.monitor_id == monitor_id, ALERTS.source == source, ALERTS.external_id.in_(chunk))
        statement = select(*KNOWN).where(*wanted).order_by(ALERTS.occurrence)
        found |= {row["external_id"]: row for row in connection.execute(statement).mappings()}
    return found.values()


def open_messages(connection: Connection, monitor_id: int, source: str, prefix: str) -> dict[str, str]:
    """Return the messages of a source's open alerts whose names at the source start alike, by these names."""
    named = (ALERTS.monitor_id == monitor_id, ALERTS.source == source, ALERTS.external_id.startswith(prefix))
    statement = select(ALERTS.external_id, ALERTS.message).where(*named, IS_OPEN)
    return {row.external_id: row.message for row in connection.execute(statement)}


OBJECTS = {"labels": "jsonb", "annotations": "jsonb", "silenced_by": "json"}
KINDS = {
    **dict.fromkeys(("source", "external_id", "message", "comment", "description", "value"), "text"),
    **dict.fromkeys(("source_severity", "source_url", "host", "host_external_id"), "text"),
    **dict.fromkeys(("item", "item_external_id", "resolution"), "text"),
    **OBJECTS,
    **dict.fromkeys(("severity", "status", "flaps"), "smallint"),
    **dict.fromkeys(("host_id", "item_id", "count", "occurrence"), "bigint"),
    **dict.fromkeys(("suppressed", "is_stale"), "boolean"),
    **dict.fromkeys(("flapped_at", "pulled_at", "first_seen_at", "last_seen_at", "missed_at"), "timestamptz"),
    **dict.fromkeys(("started_at", "last_started_at", "ended_at", "resolved_at"), "timestamptz"),
    "monitor_id": "bigint",
}
IDENTITY = ("source", "external_id", "occurrence")


def add(connection: Connection, monitor_id: int, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Add alerts of a monitor and return their ids in the same order.

    One statement for many rows: with a row a statement, SQLAlchemy took half of the time of an intake on SQLite.
    """
    if not rows:
        return []
    own = [name for name in KINDS if name != "monitor_id"]
    values = [[_written(name, row[name]) for name in own] for row in rows]
    statement = _add_statement(connection.dialect.name)
    added = execute_bulk(connection, statement, KINDS, values, {"monitor_id": monitor_id})
    ids = {tuple(identity): alert_id for alert_id, *identity in added}
    return [ids[tuple(row[name] for name in IDENTITY)] for row in rows]


def _written(name: str, value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if name in OBJECTS and value is not None else value


@cache
def _add_statement(dialect: str) -> str:
    input_rows = table("input_rows", *map(column, KINDS)).c
    insert = insert_bulk(dialect, Alert, {name: input_rows[name] for name in KINDS})
    statement = insert.returning(ALERTS.id, *(ALERTS[name] for name in IDENTITY))
    return str(statement.compile(dialect=dialect_of(dialect)))


def _update(names: Sequence[str]) -> Update:
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    return update(table_of(Alert)).where(ALERTS.id == bindparam("alert")).values(values)


UPDATES = {names: _update(names) for names in (SEEN, CHANGED)}


def change(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the state of alerts; each row has an `id`."""
    _write(connection, CHANGED, rows)


def record_seen(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write that sources reported alerts again as they are known; each row has an `id`."""
    _write(connection, SEEN, rows)


def _write(connection: Connection, names: tuple[str, ...], rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        values = [{"alert": row["id"], **{f"new_{name}": row[name] for name in names}} for row in rows]
        connection.execute(UPDATES[names], values)


def keep_open(connection: Connection, monitor_id: int, external_ids: Collection[str], observed_at: datetime) -> None:
    """Count open alerts as pulled: their source says that they are not over, though they do not fire at the moment."""
    for chunk in chunks(external_ids):
        wanted = (ALERTS.monitor_id == monitor_id, IS_OPEN, ALERTS.external_id.in_(chunk))
        # In the order of their ids, as everywhere that locks several alerts.
        found = select(ALERTS.id).where(*wanted, ALERTS.pulled_at < observed_at).order_by(ALERTS.id)
        ids = list(connection.execute(found.with_for_update(key_share=True)).scalars())
        values: dict[str, Any] = {"pulled_at": observed_at, "missed_at": None}
        connection.execute(update(table_of(Alert)).where(ALERTS.id.in_(ids)).values(values))


def end_unseen(
    connection: Connection,
    monitor_id: int,
    observed_at: datetime,
    limit: int,
    *,
    is_doubtful: bool,
    is_shared: bool,
    undecided_names: Collection[str] = (),
) -> Sequence[RowMapping]:
    """Resolve some open alerts that earlier pulls saw but the pull of `observed_at` did not.

    If it `is_doubtful`, only those that the pull before it missed too. If the alerts are shared (`is_shared`) by an HA
    group, only those that no other member of it saw last. Those with a label `alertname` of `undecided_names` stay.
    Return the `id`, `host_id` and `item_id` of each.
    """
    unseen = [
        ALERTS.monitor_id == monitor_id,
        ALERTS.status != AlertStatus.RESOLVED,
        ALERTS.pulled_at < observed_at,
        ALERTS.last_seen_at <= observed_at,
    ]
    if is_doubtful:
        unseen.append(ALERTS.missed_at < observed_at)
    if is_shared:
        unseen.append(~select(WITNESSES.alert_id).where(WITNESSES.alert_id == ALERTS.id).correlate(Alert).exists())
    if undecided_names:
        unseen.append(~_has_label("alertname", undecided_names))
    some = select(ALERTS.id).where(*unseen).order_by(ALERTS.id).limit(limit).with_for_update(key_share=True)
    ended: dict[str, Any] = {
        "status": AlertStatus.RESOLVED,
        "resolved_at": observed_at,
        "resolution": Resolution.ABSENT,
    }
    statement = update(table_of(Alert)).where(ALERTS.id.in_(some.scalar_subquery()), *unseen)
    statement = statement.values({**ended, "is_stale": False, "missed_at": None})
    returning = statement.returning(ALERTS.id, ALERTS.host_id, ALERTS.item_id)
    return connection.execute(returning).mappings().all()


def _has_label(name: str, values: Collection[str]) -> ColumnElement[bool]:
    """Return the condition that an alert has the label with one of these values."""
    pairs = select(PAIRS.id).where(PAIRS.name == name, PAIRS.value.in_(list(values)))
    return exists().where(LABELS.alert_id == ALERTS.id, LABELS.pair_id.in_(pairs)).correlate(Alert)


def mark_missed(connection: Connection, monitor_id: int, observed_at: datetime) -> None:
    """Note on the open alerts that earlier pulls saw that the doubtful pull of `observed_at` missed them."""
    missed = (ALERTS.monitor_id == monitor_id, IS_OPEN, ALERTS.pulled_at < observed_at, ALERTS.missed_at.is_(None))
    some = select(ALERTS.id).where(*missed).order_by(ALERTS.id).with_for_update(key_share=True)
    statement = update(table_of(Alert)).where(ALERTS.id.in_(some.scalar_subquery()))
    connection.execute(statement.values(missed_at=observed_at))


def add_witness(connection: Connection, alert_ids: Sequence[int], monitor_id: int, pulled_at: datetime) -> None:
    """Record that a pull of a member of an HA group saw these alerts."""
    if alert_ids:
        insert = dialect_insert(connection, AlertWitness)
        newest = {"pulled_at": insert.excluded.pulled_at}
        statement = insert.on_conflict_do_update(index_elements=["alert_id", "monitor_id"], set_=newest)
        rows = [{"alert_id": one, "monitor_id": monitor_id, "pulled_at": pulled_at} for one in sorted(alert_ids)]
        connection.execute(statement, rows)


def drop_witnesses(
    connection: Connection, owner_id: int, monitor_id: int, observed_at: datetime, forgotten_before: datetime
) -> None:
    """Forget who saw alerts of an HA group: this member before `observed_at`, and any member long before."""
    of_group = select(ALERTS.id).where(ALERTS.monitor_id == owner_id, IS_OPEN)
    is_old = or_(
        and_(WITNESSES.monitor_id == monitor_id, WITNESSES.pulled_at < observed_at),
        WITNESSES.pulled_at < forgotten_before,
    )
    connection.execute(delete(table_of(AlertWitness)).where(WITNESSES.alert_id.in_(of_group), is_old))


def chunks(texts: Iterable[str]) -> Iterable[list[str]]:
    """Return the texts in batches that any database takes as parameters."""
    every = sorted(texts)
    return (every[start : start + ID_BATCH_SIZE // 10] for start in range(0, len(every), ID_BATCH_SIZE // 10))
