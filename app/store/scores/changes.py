"""Statements on what happened between two times that may have changed the health score."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, func, or_, select

from app.enums import AlertEventKind, TaskState, TaskType
from app.models import Alert, AlertEvent, MaintenanceWindow
from app.store.alerts.alerts import SHOWN
from app.store.database.dialects import table_of
from app.store.database.index_hints import unindexed
from app.store.ledger.task_runs import RUNS

EVENTS = AlertEvent.__table__.c
ALERTS = Alert.__table__.c
WINDOWS = MaintenanceWindow.__table__.c
PULLS = (TaskType.PULL_HOSTS, TaskType.PULL_ITEMS, TaskType.PULL_ALERTS, TaskType.SYNC)
DISORDER = timedelta(minutes=2)
"""By how much the times of events may differ from the order of their ids: a slow transaction, a clock that is set."""
# One of the two alone is one step in the index; SQLite reads all of it for both in one.
ENDS = select(*(select(end(EVENTS.id)).scalar_subquery() for end in (func.min, func.max)))
# An entry of changes moves on with each further change, so its time says nothing of its place.
PROBE = (
    select(EVENTS.id, EVENTS.at)
    .where(EVENTS.kind != AlertEventKind.CHANGED, EVENTS.id >= bindparam("middle"))
    .order_by(EVENTS.id)
    .limit(1)
)
[HOST] = [column for column in SHOWN if column.name == "host"]


def events(
    connection: Connection,
    kinds: Collection[AlertEventKind],
    after: datetime,
    before: datetime,
    limit: int,
    monitor_id: int | None = None,
) -> Sequence[RowMapping]:
    """Return up to `limit` events of these kinds after one time and not after another, with their alerts.

    Events have no index of their times. Their ids stand in the order of their times, so the ends are found by halving.
    """
    first = _first_id(connection, after - DISORDER)
    last = _first_id(connection, before + DISORDER)
    shown = (EVENTS.id, EVENTS.at, EVENTS.kind, EVENTS.username, EVENTS.alert_id)
    about = (ALERTS.message, ALERTS.severity, ALERTS.source, ALERTS.monitor_id, HOST)
    among = (EVENTS.id >= first, EVENTS.id <= last, EVENTS.at > after, EVENTS.at <= before, EVENTS.kind.in_(kinds))
    of_monitor = [] if monitor_id is None else [unindexed(ALERTS.monitor_id) == monitor_id]
    statement = select(*shown, *about).join_from(table_of(AlertEvent), table_of(Alert), ALERTS.id == EVENTS.alert_id)
    return connection.execute(statement.where(*among, *of_monitor).order_by(EVENTS.id).limit(limit)).mappings().all()


def windows(
    connection: Connection, after: datetime, before: datetime, monitor_id: int | None = None
) -> Sequence[RowMapping]:
    """Return the maintenance windows whose current occurrence begins or ends between two times."""
    shown = (WINDOWS.id, WINDOWS.name, WINDOWS.starts_at, WINDOWS.ends_at)
    begins_or_ends = or_(*(WINDOWS[name].between(after, before) for name in ("starts_at", "ends_at")))
    statement = select(*shown).where(begins_or_ends)
    if monitor_id is not None:
        statement = statement.where(or_(WINDOWS.monitor_id.is_(None), WINDOWS.monitor_id == monitor_id))
    return connection.execute(statement.order_by(WINDOWS.starts_at, WINDOWS.id)).mappings().all()


def failed_pulls(
    connection: Connection, after: datetime, before: datetime, limit: int, monitor_id: int | None = None
) -> Sequence[RowMapping]:
    """Return the pulls that failed for good between two times and were not run again, the first ones."""
    shown = (RUNS.id.label("task_id"), RUNS.type, RUNS.monitor_id, RUNS.reason, RUNS.finished_at.label("at"))
    failed = (RUNS.finished_at > after, RUNS.finished_at <= before, unindexed(RUNS.state) == TaskState.DEAD)
    statement = select(*shown).where(*failed, unindexed(RUNS.type).in_(PULLS))
    if monitor_id is not None:
        statement = statement.where(unindexed(RUNS.monitor_id) == monitor_id)
    return connection.execute(statement.order_by(RUNS.finished_at, RUNS.id).limit(limit)).mappings().all()


def _first_id(connection: Connection, at: datetime) -> int:
    """Return the id of the first event at this time or later; one more than the last id if there is none."""
    ends: Any = connection.execute(ENDS).one()
    if ends[0] is None:
        return 0
    low, high = ends[0], ends[1] + 1
    while low < high:
        middle = (low + high) // 2
        found = connection.execute(PROBE, {"middle": middle}).one_or_none()
        if found is None or found.at >= at:
            high = middle
        else:
            low = found.id + 1
    return int(low)
