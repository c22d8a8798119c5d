"""Statements on what costs the health score how many points: alerts, messages, hosts, groups and monitors."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, Text, case, column, func, literal, select, true

from app.enums import AlertStatus, ScoreCause
from app.models import Alert, Host, Monitor
from app.rules.alerts.scores import WEIGHTS
from app.store.alerts.scores import HOST_ID, MONITOR_ID, Scope, Window
from app.store.database.dialects import table_of
from app.store.inventory.hosts import HOSTS

ALERTS = Alert.__table__.c
MONITORS = Monitor.__table__.c
IS_ACTIVE = ALERTS.status == AlertStatus.ACTIVE
WEIGHT: ColumnElement[Any] = case(WEIGHTS, value=ALERTS.severity)


def fetch(connection: Connection, window: Window, scope: Scope, by: ScoreCause, limit: int) -> Sequence[RowMapping]:
    """Return the causes with the most points, each with its id, name, monitor, severity and numbers of alerts.

    `points` are those of all its alerts that count, `active_points` those of the active ones, `source` is one of their
    sources. A cause without a name stands for the alerts of no known host.
    """
    return connection.execute(STATEMENTS[by](connection, window, scope, limit)).mappings().all()


def _sums(window: Window) -> tuple[Any, ...]:
    return (
        func.sum(window.points).label("points"),
        func.sum(case((IS_ACTIVE, WEIGHT), else_=0)).label("active_points"),
        func.count().label("alerts"),
        func.count().filter(ALERTS.status != AlertStatus.RESOLVED).label("open_alerts"),
        func.max(ALERTS.severity).label("severity"),
        func.max(ALERTS.source).label("source"),
    )


def _costs(connection: Connection, window: Window, scope: Scope, *groups: ColumnElement[Any]) -> Select[Any]:
    counting = [*window.weighing, *scope.of_alerts(connection)]
    return select(*groups, *_sums(window)).where(*counting).group_by(*groups)


def _first(statement: Select[Any], limit: int) -> Select[Any]:
    """Return the groups of a statement with the most points."""
    points = statement.selected_columns.points
    return statement.order_by(points.desc(), *list(statement.selected_columns)[:1]).limit(limit)


def _shown(costs: Any, number: Any, name: Any, monitor_id: Any) -> tuple[Any, ...]:
    numbers = (costs.c.points, costs.c.active_points, costs.c.alerts, costs.c.open_alerts, costs.c.severity)
    return number.label("id"), name.label("name"), monitor_id.label("monitor_id"), *numbers, costs.c.source


def _hosts(connection: Connection, window: Window, scope: Scope, limit: int) -> Select[Any]:
    costs = _first(_costs(connection, window, scope, HOST_ID), limit).subquery()
    shown = _shown(costs, costs.c.host_id, HOSTS.display_name, HOSTS.monitor_id)
    statement = select(*shown).select_from(costs.outerjoin(table_of(Host), HOSTS.id == costs.c.host_id))
    return statement.order_by(costs.c.points.desc(), costs.c.host_id)


def _monitors(connection: Connection, window: Window, scope: Scope, limit: int) -> Select[Any]:
    costs = _first(_costs(connection, window, scope, MONITOR_ID), limit).subquery()
    shown = _shown(costs, costs.c.monitor_id, MONITORS.name, costs.c.monitor_id)
    statement = select(*shown).join_from(costs, table_of(Monitor), MONITORS.id == costs.c.monitor_id)
    return statement.order_by(costs.c.points.desc(), costs.c.monitor_id)


def _groups(connection: Connection, window: Window, scope: Scope, limit: int) -> Select[Any]:
    costs = _costs(connection, window, scope, HOST_ID).subquery()
    if connection.dialect.name == "postgresql":
        members: Any = func.jsonb_array_elements_text(HOSTS.groups).table_valued(column("value", Text)).render_derived()
    else:
        members = func.json_each(HOSTS.groups).table_valued(column("value", Text))
    joined = costs.join(table_of(Host), HOSTS.id == costs.c.host_id).join(members, true())
    summed = (func.sum(costs.c[name]).label(name) for name in ("points", "active_points", "alerts", "open_alerts"))
    points = func.sum(costs.c.points).desc()
    severity = (func.max(costs.c.severity).label("severity"), func.max(costs.c.source).label("source"))
    shown = (literal(None).label("id"), members.c.value.label("name"), literal(None).label("monitor_id"))
    statement = select(*shown, *summed, *severity).select_from(joined).group_by(members.c.value)
    return statement.order_by(points, members.c.value).limit(limit)


def _messages(connection: Connection, window: Window, scope: Scope, limit: int) -> Select[Any]:
    costs = _first(_costs(connection, window, scope, ALERTS.message), limit).subquery()
    shown = _shown(costs, literal(None), costs.c.message, literal(None))
    return select(*shown).order_by(costs.c.points.desc(), costs.c.message)


def _alerts(connection: Connection, window: Window, scope: Scope, limit: int) -> Select[Any]:
    points = window.points.label("points")
    shown = (ALERTS.id, ALERTS.message.label("name"), MONITOR_ID, points)
    active = case((IS_ACTIVE, WEIGHT), else_=0).label("active_points")
    is_open = case((ALERTS.status != AlertStatus.RESOLVED, 1), else_=0).label("open_alerts")
    statement = select(*shown, active, literal(1).label("alerts"), is_open, ALERTS.severity, ALERTS.source)
    counting = [*window.weighing, *scope.of_alerts(connection)]
    return statement.where(*counting).order_by(points.desc(), ALERTS.id.desc()).limit(limit)


STATEMENTS: Mapping[ScoreCause, Callable[[Connection, Window, Scope, int], Select[Any]]] = {
    ScoreCause.MONITOR: _monitors,
    ScoreCause.GROUP: _groups,
    ScoreCause.HOST: _hosts,
    ScoreCause.MESSAGE: _messages,
    ScoreCause.ALERT: _alerts,
}
