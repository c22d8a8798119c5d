"""The alerts' statements."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, func, literal, select, update
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import Float

from app.enums import AlertStatus, Severity
from app.models import Alert, Host, Item
from app.rules.health import AlertSums
from app.store.hosts import IDS_AT_ONCE
from app.store.pages import Keyset, Page, PageRequest, fetch_page
from app.store.search import matches
from app.store.upsert import dialect_insert, table_of

ALERTS = Alert.__table__.c
SHOWN = tuple(ALERTS)
IDENTITY = ("monitor_id", "source", "external_id", "occurrence")
IS_OPEN_CRITICAL = (
    ALERTS.severity == Severity.CRITICAL,
    ALERTS.status != AlertStatus.RESOLVED,
    ALERTS.suppressed.is_(False),
)


class epoch(FunctionElement[float]):  # noqa: N801
    """A moment as seconds since 1970, on each database in its own words."""

    inherit_cache = True
    type = Float()


@compiles(epoch, "sqlite")
def _epoch_sqlite(element: epoch, compiler: SQLCompiler, **kw: Any) -> str:
    return f"(julianday({compiler.process(element.clauses, **kw)}) - 2440587.5) * 86400.0"


@compiles(epoch, "postgresql")
def _epoch_postgresql(element: epoch, compiler: SQLCompiler, **kw: Any) -> str:
    return f"EXTRACT(EPOCH FROM {compiler.process(element.clauses, **kw)})::float"


def filters(
    *,
    q: str | None = None,
    severity: int | None = None,
    status: int | None = None,
    host_id: int | None = None,
    monitor_id: int | None = None,
    source: str | None = None,
) -> list[ColumnElement[bool]]:
    """Return the conditions for the filters that are given."""
    wanted = {
        ALERTS.severity: severity,
        ALERTS.status: status,
        ALERTS.host_id: host_id,
        ALERTS.monitor_id: monitor_id,
        ALERTS.source: source,
    }
    conditions: list[ColumnElement[bool]] = [column == value for column, value in wanted.items() if value is not None]
    return conditions if q is None else [*conditions, matches(q, ALERTS.message, ALERTS.comment)]


def find(connection: Connection, alert_id: int) -> RowMapping | None:
    """Return one alert."""
    return connection.execute(select(*SHOWN).where(ALERTS.id == alert_id)).mappings().one_or_none()


def fetch(connection: Connection, page: PageRequest, conditions: Sequence[ColumnElement[bool]]) -> Page:
    """Return a page of alerts, newest first."""
    return fetch_page(connection, select(*SHOWN).where(*conditions), Keyset({"id": ALERTS.id}, descending=True), page)


def add_new(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add those alerts whose identity is not there yet, each as its first occurrence."""
    statement = dialect_insert(connection, Alert).on_conflict_do_nothing(index_elements=IDENTITY)
    connection.execute(statement, rows)


def change(connection: Connection, alert_id: int, values: Mapping[str, Any]) -> None:
    """Change some columns of an alert."""
    connection.execute(update(Alert).where(ALERTS.id == alert_id).values(values))


def resolve(connection: Connection, conditions: Sequence[ColumnElement[bool]], now: datetime) -> int:
    """Resolve all unresolved alerts that match, and return how many."""
    values = {"status": AlertStatus.RESOLVED, "resolved_at": now}
    statement = update(Alert).where(ALERTS.status != AlertStatus.RESOLVED, *conditions).values(values)
    return connection.execute(statement).rowcount


def refresh_error_marks(
    connection: Connection, host_ids: Sequence[int], item_ids: Sequence[int], now: datetime
) -> None:
    """Set or clear the error mark of hosts and items after their newest open critical alert."""
    for table, column, ids in ((table_of(Host), ALERTS.host_id, host_ids), (table_of(Item), ALERTS.item_id, item_ids)):
        newest = (
            select(literal("Critical alert: ") + ALERTS.message)
            .where(column == table.c.id, *IS_OPEN_CRITICAL)
            .order_by(ALERTS.id.desc())
            .limit(1)
            .correlate(table)
            .scalar_subquery()
        )
        for start in range(0, len(ids), IDS_AT_ONCE):
            chunk = table.c.id.in_(ids[start : start + IDS_AT_ONCE])
            is_changed = table.c.alert_error.is_distinct_from(newest)
            connection.execute(update(table).where(chunk, is_changed).values(alert_error=newest, updated_at=now))


def clear_error_marks(connection: Connection, now: datetime) -> None:
    """Clear the error mark of every host and item that no open critical alert is on any more."""
    for table, column in ((table_of(Host), ALERTS.host_id), (table_of(Item), ALERTS.item_id)):
        is_critical = select(ALERTS.id).where(column == table.c.id, *IS_OPEN_CRITICAL).correlate(table).exists()
        is_stale = (table.c.alert_error.is_not(None), ~is_critical)
        connection.execute(update(table).where(*is_stale).values(alert_error=None, updated_at=now))


def sums(connection: Connection, now: datetime, window_s: float) -> dict[Severity, AlertSums]:
    """Return what the health score needs of the alerts: counts and freshness, by severity."""
    found = {severity: AlertSums() for severity in Severity}
    open_ = (
        select(
            ALERTS.severity,
            func.count().filter(ALERTS.status == AlertStatus.ACTIVE).label("active"),
            func.count().filter(ALERTS.status == AlertStatus.ACKNOWLEDGED).label("acknowledged"),
        )
        .where(ALERTS.status.in_((AlertStatus.ACTIVE, AlertStatus.ACKNOWLEDGED)), ALERTS.suppressed.is_(False))
        .group_by(ALERTS.severity)
    )
    for row in connection.execute(open_):
        found[Severity(row.severity)] = AlertSums(active=row.active, acknowledged=row.acknowledged)
    window_start = now.timestamp() - window_s
    freshness = (epoch(ALERTS.resolved_at) - window_start) / window_s
    resolved = (
        select(ALERTS.severity, func.count().label("resolved"), func.sum(freshness).label("freshness"))
        .where(
            ALERTS.resolved_at > datetime.fromtimestamp(window_start, now.tzinfo),
            ALERTS.status == AlertStatus.RESOLVED,
            ALERTS.suppressed.is_(False),
        )
        .group_by(ALERTS.severity)
    )
    for row in connection.execute(resolved):
        open_sums = found[Severity(row.severity)]
        found[Severity(row.severity)] = AlertSums(
            open_sums.active, open_sums.acknowledged, row.resolved, min(row.freshness, row.resolved)
        )
    return found
