"""Statements on alerts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Label,
    RowMapping,
    column,
    delete,
    false,
    func,
    literal,
    literal_column,
    select,
    table,
    update,
)

from app.enums import AlertStatus, Severity
from app.models import Alert, Host, Item
from app.store.database.bulk_rows import execute_bulk
from app.store.database.dialects import dialect_of, insert_bulk, is_listed, table_of
from app.store.database.index_hints import unindexed
from app.store.inventory.hosts import ID_BATCH_SIZE

ALERTS = Alert.__table__.c
INTERNAL = ("host_external_id", "item_external_id", "last_started_at", "missed_at", "changed_at")


def _named(reported: ColumnElement[str], owner: type[Host | Item], owner_id: ColumnElement[Any]) -> Label[Any]:
    """Return the reported name, or the name in the inventory where the source named none."""
    row = table_of(owner).c
    known = select(row.name).where(row.id == owner_id).correlate(Alert).scalar_subquery()
    return func.coalesce(func.nullif(reported, ""), known).label(reported.name)


SHOWN = (
    *(each for each in ALERTS if each.name not in (*INTERNAL, "host", "item")),
    _named(ALERTS.host, Host, ALERTS.host_id),
    _named(ALERTS.item, Item, ALERTS.item_id),
)
IDENTITY = ("monitor_id", "source", "external_id", "occurrence")
IS_OPEN_CRITICAL = (
    ALERTS.severity == Severity.CRITICAL,
    ALERTS.status != AlertStatus.RESOLVED,
    ALERTS.suppressed.is_(False),
)


def find(connection: Connection, alert_id: int) -> RowMapping | None:
    """Return one alert."""
    return connection.execute(select(*SHOWN).where(ALERTS.id == alert_id)).mappings().one_or_none()


KINDS = {
    **dict.fromkeys(("source", "external_id", "message", "comment"), "text"),
    **dict.fromkeys(("severity", "status"), "smallint"),
    **dict.fromkeys(("monitor_id", "host_id", "item_id"), "bigint"),
    **dict.fromkeys(("first_seen_at", "last_seen_at"), "timestamptz"),
}
ONCE = {"occurrence": literal_column("1"), "suppressed": false(), "count": literal_column("1")}


def add_new(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Add the alerts whose identity does not exist yet, each as its first occurrence; return their ids."""
    input_rows = [[row.get(name) for name in KINDS] for row in rows]
    statement = _add_statement(connection.dialect.name)
    return [alert_id for (alert_id,) in execute_bulk(connection, statement, KINDS, input_rows)]


@cache
def _add_statement(dialect: str) -> str:
    input_rows = table("input_rows", *map(column, KINDS)).c
    insert = insert_bulk(dialect, Alert, {**{name: input_rows[name] for name in KINDS}, **ONCE})
    statement = insert.on_conflict_do_nothing(index_elements=IDENTITY).returning(ALERTS.id)
    return str(statement.compile(dialect=dialect_of(dialect)))


OTHERS = table_of(Alert).alias("others")
NEWER = select(OTHERS.c.id).where(
    OTHERS.c.monitor_id == ALERTS.monitor_id,
    OTHERS.c.source == ALERTS.source,
    OTHERS.c.external_id == ALERTS.external_id,
    OTHERS.c.occurrence > ALERTS.occurrence,
)
IS_LATEST = ~NEWER.correlate(Alert).exists()


def newer_occurrence(connection: Connection, alert_id: int) -> int | None:
    """Return the id of a later occurrence of this alert, if there is one."""
    statement = NEWER.where(ALERTS.id == alert_id).order_by(OTHERS.c.occurrence.desc()).limit(1)
    return connection.execute(statement).scalar_one_or_none()


def lock(connection: Connection, alert_id: int) -> None:
    """Lock this alert for changes until the transaction ends; SQLite serializes writers anyway."""
    connection.execute(select(ALERTS.id).where(ALERTS.id == alert_id).with_for_update(key_share=True))


def some_ids(
    connection: Connection,
    conditions: Sequence[ColumnElement[bool]],
    among: Sequence[int] | None,
    after: int,
    limit: int,
) -> list[int]:
    """Return the ids of up to `limit` matching alerts after `after`, in order, and lock them as `lock` does."""
    statement = select(ALERTS.id).where(ALERTS.id > after, *conditions)
    if among is not None:
        statement = statement.where(is_listed(connection, ALERTS.id, ",".join(map(str, among))))
    statement = statement.order_by(ALERTS.id).limit(limit).with_for_update(key_share=True)
    return list(connection.execute(statement).scalars())


def columns_of(connection: Connection, alert_ids: Sequence[int], names: Sequence[str]) -> Sequence[RowMapping]:
    """Return these columns of alerts, with their ids."""
    statement = select(ALERTS.id, *(ALERTS[name] for name in names)).where(ALERTS.id.in_(alert_ids))
    return connection.execute(statement).mappings().all()


def act(
    connection: Connection, alert_ids: Sequence[int], values: Mapping[str, Any], comment: str | None
) -> Sequence[RowMapping]:
    """Change columns of alerts and append to their comments; return their hosts and items, and their sources' names."""
    changes = dict(values)
    if comment:
        changes["comment"] = func.trim(ALERTS.comment + literal(f"\n{comment}"), "\n")
    statement = update(table_of(Alert)).where(ALERTS.id.in_(alert_ids)).values(changes)
    returned = (ALERTS.id, ALERTS.monitor_id, ALERTS.host_id, ALERTS.item_id, ALERTS.source)
    return connection.execute(statement.returning(*returned)).mappings().all()


def prune(connection: Connection, resolved_before: datetime, limit: int) -> int:
    """Delete some alerts that were resolved before a time, with their histories; return how many."""
    is_old = (unindexed(ALERTS.status) == AlertStatus.RESOLVED, ALERTS.resolved_at < resolved_before)
    old = select(ALERTS.id).where(*is_old).order_by(ALERTS.resolved_at).limit(limit)
    # Checked again, for an alert that fires again meanwhile.
    return connection.execute(delete(table_of(Alert)).where(ALERTS.id.in_(old.scalar_subquery()), *is_old)).rowcount


def external_ids(connection: Connection, monitor_id: int, alert_ids: Sequence[int]) -> list[str]:
    """Return a monitor's own names of these alerts."""
    wanted = (ALERTS.monitor_id == monitor_id, ALERTS.id.in_(alert_ids))
    return list(connection.execute(select(ALERTS.external_id).where(*wanted).order_by(ALERTS.id)).scalars())


def refresh_marks_of(connection: Connection, rows: Sequence[Mapping[Any, Any]], now: datetime) -> None:
    """Update the error status of the hosts and items of these alerts."""
    host_ids, item_ids = ({row[name] for row in rows} - {None} for name in ("host_id", "item_id"))
    refresh_error_marks(connection, sorted(host_ids), sorted(item_ids), now)


def refresh_error_marks(
    connection: Connection, host_ids: Sequence[int], item_ids: Sequence[int], now: datetime
) -> None:
    """Update the error status of hosts and items from their newest open critical alert."""
    for marked, owner, ids in ((table_of(Host), ALERTS.host_id, host_ids), (table_of(Item), ALERTS.item_id, item_ids)):
        newest = (
            select(literal("Critical alert: ") + ALERTS.message)
            .where(owner == marked.c.id, *IS_OPEN_CRITICAL)
            .order_by(ALERTS.id.desc())
            .limit(1)
            .correlate(marked)
            .scalar_subquery()
        )
        for start in range(0, len(ids), ID_BATCH_SIZE):
            chunk = marked.c.id.in_(ids[start : start + ID_BATCH_SIZE])
            is_changed = marked.c.alert_error.is_distinct_from(newest)
            connection.execute(update(marked).where(chunk, is_changed).values(alert_error=newest, updated_at=now))
