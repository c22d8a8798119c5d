"""Statements of the health score: the weight of alerts, by host and scope, as in app/rules/alerts/scores.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Label,
    RowMapping,
    Select,
    and_,
    case,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import Float

from app.enums import OPEN_STATUSES, AlertStatus, InventoryStatus, Severity
from app.rules.alerts.scores import ACKNOWLEDGED_FACTOR, RESOLVED_FACTOR, WEIGHTS, AlertSums
from app.store.alerts import alert_sums
from app.store.alerts.alerts import ALERTS
from app.store.inventory.hosts import HOSTS, is_in_group
from app.store.inventory.machine_members import hosts_of_machine

IS_OPEN = ALERTS.status.in_(OPEN_STATUSES)
# An expression instead of the bare column, so that SQLite uses the index of the window or of the open alerts. It takes
# an equality for more selective than a range, and sorting for expensive, so it would read the whole history with this
# status or of this monitor.
STATUS = ALERTS.status + literal_column("0")
MONITOR_ID = (ALERTS.monitor_id + literal_column("0")).label("monitor_id")
HOST_ID = (ALERTS.host_id + literal_column("0")).label("host_id")
IS_UNSUPPRESSED = ALERTS.suppressed.is_(False)
# Both statuses instead of "not inactive", so that the index is used.
IS_COUNTED_HOST = HOSTS.status.in_((InventoryStatus.ACTIVE, InventoryStatus.ERROR))


class epoch(FunctionElement[float]):  # noqa: N801
    """A time as seconds since 1970, in each database's SQL."""

    inherit_cache = True
    type = Float()


@compiles(epoch, "sqlite")
def _epoch_sqlite(element: epoch, compiler: SQLCompiler, **kw: Any) -> str:
    return f"(julianday({compiler.process(element.clauses, **kw)}) - 2440587.5) * 86400.0"


@compiles(epoch, "postgresql")
def _epoch_postgresql(element: epoch, compiler: SQLCompiler, **kw: Any) -> str:
    return f"EXTRACT(EPOCH FROM {compiler.process(element.clauses, **kw)})::float"


@dataclass(frozen=True, slots=True)
class Scope:
    """The scope of a score: the hosts and alerts that match all given fields."""

    monitor_id: int | None = None
    group: str | None = None
    host_id: int | None = None
    machine_id: int | None = None

    def of_hosts(self, connection: Connection) -> list[ColumnElement[bool]]:
        """Return the conditions on its hosts."""
        conditions = _given({HOSTS.monitor_id: self.monitor_id, HOSTS.id: self.host_id})
        if self.machine_id is not None:
            conditions.append(HOSTS.id.in_(hosts_of_machine(self.machine_id)))
        return conditions if self.group is None else [*conditions, is_in_group(connection, self.group)]

    def of_alerts(self, connection: Connection) -> list[ColumnElement[bool]]:
        """Return the conditions on its alerts."""
        conditions = _given({MONITOR_ID: self.monitor_id, ALERTS.host_id: self.host_id})
        if self.machine_id is not None:
            conditions.append(ALERTS.host_id.in_(hosts_of_machine(self.machine_id)))
        if self.group is None:
            return conditions
        members = select(HOSTS.id).where(is_in_group(connection, self.group))
        return [*conditions, ALERTS.host_id.in_(members)]


FLEET = Scope()


@dataclass(frozen=True, slots=True)
class Window:
    """The period until `now` in which a resolved alert still counts."""

    now: datetime
    length_s: float

    @property
    def start(self) -> datetime:
        """The start of the window."""
        return self.now - timedelta(seconds=self.length_s)

    @property
    def is_within(self) -> ColumnElement[bool]:
        """Return the condition that an alert was resolved in the window."""
        return and_(STATUS == AlertStatus.RESOLVED, ALERTS.resolved_at > self.start)

    @property
    def freshness(self) -> ColumnElement[float]:
        """Return a resolved alert's remaining share of the window: from 1 (also if resolved in the future) to 0."""
        left = (epoch(ALERTS.resolved_at) - (self.now.timestamp() - self.length_s)) / self.length_s
        return case((left > 1, 1.0), else_=left)

    @property
    def weighing(self) -> list[ColumnElement[bool]]:
        """Return the conditions that an alert counts."""
        return [IS_UNSUPPRESSED, or_(IS_OPEN, self.is_within)]

    @property
    def points(self) -> ColumnElement[float]:
        """Return the points of an alert that counts: its weight times its factor."""
        weight = case(WEIGHTS, value=ALERTS.severity)
        factor = case(
            (ALERTS.status == AlertStatus.ACTIVE, 1.0),
            (ALERTS.status == AlertStatus.ACKNOWLEDGED, ACKNOWLEDGED_FACTOR),
            else_=RESOLVED_FACTOR * self.freshness,
        )
        return weight * factor


def sums(connection: Connection, window: Window, scope: Scope = FLEET) -> dict[Severity, AlertSums]:
    """Return the sums of a scope's alerts that the score needs, by severity."""
    if scope.group is not None or scope.host_id is not None or scope.machine_id is not None:
        return _sums(connection, window, scope.of_alerts(connection)).get((), no_alerts())
    return _kept_sums(connection, window, scope.monitor_id).get(None, no_alerts())


def sums_by_monitor(connection: Connection, window: Window) -> dict[int, dict[Severity, AlertSums]]:
    """Return the same for each monitor that has alerts which count."""
    found = _kept_sums(connection, window, by_monitor=True)
    return {monitor_id: sums for monitor_id, sums in found.items() if monitor_id is not None}


def no_alerts() -> dict[Severity, AlertSums]:
    """Return the sums of an empty scope."""
    return dict.fromkeys(Severity, AlertSums())


def host_count(connection: Connection, scope: Scope = FLEET) -> int:
    """Return the number of hosts that share a scope's load; those of one machine are one."""
    statement = select(func.count()).where(IS_COUNTED_HOST, *scope.of_hosts(connection))
    count = connection.execute(statement).scalar_one()
    return count if scope.machine_id is None else min(1, count)


def host_counts_by_monitor(connection: Connection) -> dict[int, int]:
    """Return the same for each monitor that has any."""
    statement = select(HOSTS.monitor_id, func.count().label("hosts")).where(IS_COUNTED_HOST)
    return {row.monitor_id: row.hosts for row in connection.execute(statement.group_by(HOSTS.monitor_id))}


def costliest_hosts(connection: Connection, window: Window, scope: Scope, limit: int) -> Sequence[RowMapping]:
    """Return the hosts with the most points, with their `points` and their number of `alerts`."""
    costs = (
        select(HOST_ID, func.sum(window.points).label("points"), func.count().label("alerts"))
        .where(HOST_ID.is_not(None), *window.weighing, *scope.of_alerts(connection))
        .group_by(HOST_ID)
        .order_by(func.sum(window.points).desc(), HOST_ID)
        .limit(limit)
        .subquery()
    )
    statement = (
        select(costs.c.host_id, HOSTS.name, HOSTS.monitor_id, costs.c.points, costs.c.alerts)
        .join_from(costs, HOSTS.id.table, HOSTS.id == costs.c.host_id)
        .order_by(costs.c.points.desc(), costs.c.host_id)
    )
    return connection.execute(statement).mappings().all()


def costliest_alerts(connection: Connection, window: Window, scope: Scope, limit: int | None) -> Sequence[RowMapping]:
    """Return the alerts with the most points, with their `points`; of equals, the newest first."""
    points = window.points.label("points")
    statement = (
        select(ALERTS.id, ALERTS.message, ALERTS.severity, ALERTS.status, ALERTS.host_id, points)
        .where(*window.weighing, *scope.of_alerts(connection))
        .order_by(points.desc(), ALERTS.id.desc())
        .limit(limit)
    )
    return connection.execute(statement).mappings().all()


def _kept_sums(
    connection: Connection, window: Window, monitor_id: int | None = None, *, by_monitor: bool = False
) -> dict[int | None, dict[Severity, AlertSums]]:
    """Return the stored sums, corrected for the bucket in which the window begins and for the future."""
    start = window.start
    whole = alert_sums.first_whole_bucket(start)
    kept = alert_sums.fetch(connection, start, window.length_s, monitor_id=monitor_id, by_monitor=by_monitor)
    conditions = _given({MONITOR_ID: monitor_id})
    groups = [MONITOR_ID] if by_monitor else []
    found: dict[int | None, dict[Severity, AlertSums]] = {}
    for (monitor, severity), alerts in kept.items():
        found.setdefault(monitor, no_alerts())[severity] += alerts
    first = _resolved(window, [*conditions, ALERTS.resolved_at < whole], groups)
    is_ahead = (STATUS == AlertStatus.RESOLVED, ALERTS.resolved_at > max(window.now, whole - timedelta.resolution))
    ahead = (epoch(ALERTS.resolved_at) - window.now.timestamp()) / window.length_s
    too_much = (
        select(*groups, ALERTS.severity, literal(0).label("resolved"), (-func.sum(ahead)).label("freshness"))
        .where(*is_ahead, IS_UNSUPPRESSED, *conditions)
        .group_by(*groups, ALERTS.severity)
    )
    for row in (*connection.execute(first), *connection.execute(too_much)):
        monitor = row.monitor_id if by_monitor else None
        more = AlertSums(resolved=row.resolved, freshness=row.freshness)
        found.setdefault(monitor, no_alerts())[Severity(row.severity)] += more
    return found


def _sums(
    connection: Connection, window: Window, conditions: Sequence[ColumnElement[bool]], *groups: Label[Any]
) -> dict[tuple[Any, ...], dict[Severity, AlertSums]]:
    """Sum open and resolved alerts separately: each has an index of its own."""
    found: dict[tuple[Any, ...], dict[Severity, AlertSums]] = {}
    open_ = (
        select(
            *groups,
            ALERTS.severity,
            func.count().filter(ALERTS.status == AlertStatus.ACTIVE).label("active"),
            func.count().filter(ALERTS.status == AlertStatus.ACKNOWLEDGED).label("acknowledged"),
        )
        .where(IS_OPEN, IS_UNSUPPRESSED, *conditions)
        .group_by(*groups, ALERTS.severity)
    )
    for statement in (open_, _resolved(window, conditions, groups)):
        for row in connection.execute(statement).mappings():
            counts = dict(row)
            severity = Severity(counts.pop("severity"))
            of_group = found.setdefault(tuple(counts.pop(group.name) for group in groups), no_alerts())
            of_group[severity] += AlertSums(**counts)
    return found


def _resolved(window: Window, conditions: Sequence[ColumnElement[bool]], groups: Sequence[Label[Any]]) -> Select[Any]:
    columns = (ALERTS.severity, func.count().label("resolved"), func.sum(window.freshness).label("freshness"))
    statement = select(*groups, *columns).where(window.is_within, IS_UNSUPPRESSED, *conditions)
    return statement.group_by(*groups, ALERTS.severity)


def _given(wanted: Mapping[ColumnElement[Any], Any]) -> list[ColumnElement[bool]]:
    return [column == value for column, value in wanted.items() if value is not None]
