"""Statements on what is expected of monitors, and on the periods in which nagare ran."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    tuple_,
    update,
)

from app.enums import TaskState, TaskType
from app.models import Monitor, Schedule, TaskRun, Watch, WatchedPeriod
from app.models.schedules import ENABLED
from app.rules.liveness.watched_time import Period
from app.store.database.dialects import dialect_insert, table_of
from app.store.database.index_hints import unindexed
from app.store.ledger.task_runs import IS_RUNNING

WATCHES = Watch.__table__.c
PERIODS = WatchedPeriod.__table__.c
MONITORS = Monitor.__table__.c
SCHEDULES = Schedule.__table__.c
RUNS = TaskRun.__table__.c
MAX_PERIODS = 1000
"""Of a nagare that restarts all the time, the oldest periods do not count."""
KEPT_PERIODS = timedelta(days=800)

Key = tuple[int, str]
"""A monitor's id and a subject."""


def every_monitor(connection: Connection) -> Sequence[RowMapping]:
    """Return what the watches need to know of each monitor, in the order of the ids."""
    columns = (MONITORS.id, MONITORS.name, MONITORS.type, MONITORS.enabled, MONITORS.watchdogs, MONITORS.ha_group)
    rules = (MONITORS.stale_after_s, MONITORS.resolve_stale_after_s)
    return connection.execute(select(*columns, *rules).order_by(MONITORS.id)).mappings().all()


def enabled_schedules(connection: Connection, task_types: Sequence[TaskType]) -> Sequence[RowMapping]:
    """Return the enabled schedules of these types that belong to a monitor."""
    columns = (SCHEDULES.monitor_id, SCHEDULES.task_type, SCHEDULES.cron, SCHEDULES.timezone)
    wanted = (text(ENABLED), SCHEDULES.monitor_id.is_not(None), SCHEDULES.task_type.in_(task_types))
    return connection.execute(select(*columns).where(*wanted)).mappings().all()


def every(connection: Connection) -> dict[Key, RowMapping]:
    """Return all watches."""
    rows = connection.execute(select(table_of(Watch))).mappings()
    return {(row["monitor_id"], row["subject"]): row for row in rows}


def alarmed(connection: Connection, monitor_id: int) -> Sequence[RowMapping]:
    """Return the watches of a monitor that are missing."""
    wanted = (WATCHES.monitor_id == monitor_id, WATCHES.alarmed_at.is_not(None))
    return connection.execute(select(table_of(Watch)).where(*wanted).order_by(WATCHES.subject)).mappings().all()


def begin(connection: Connection, rhythms: Mapping[Key, str], now: datetime) -> None:
    """Add watches, and begin those anew whose rhythm is another one; skip those of monitors that no longer exist."""
    wanted = sorted({monitor_id for monitor_id, _ in rhythms})
    locking = select(MONITORS.id).where(MONITORS.id.in_(wanted)).order_by(MONITORS.id)
    known = set(connection.execute(locking.with_for_update(read=True, key_share=True)).scalars())
    rows = [
        {"monitor_id": monitor_id, "subject": subject, "rhythm": rhythm, "since": now}
        for (monitor_id, subject), rhythm in sorted(rhythms.items())
        if monitor_id in known
    ]
    if not rows:
        return
    statement = dialect_insert(connection, Watch)
    changed = {"rhythm": statement.excluded.rhythm, "since": statement.excluded.since}
    is_other = WATCHES.rhythm != statement.excluded.rhythm
    index = ["monitor_id", "subject"]
    connection.execute(statement.on_conflict_do_update(index_elements=index, set_=changed, where=is_other), rows)


def end(connection: Connection, keys: Sequence[Key]) -> None:
    """Delete these watches."""
    if keys:
        connection.execute(delete(Watch).where(_are(keys)))


HEARD = (
    update(table_of(Watch))
    .where(WATCHES.monitor_id == bindparam("monitor"), WATCHES.subject == bindparam("pull"))
    .where(or_(WATCHES.heard_at.is_(None), WATCHES.heard_at < bindparam("at")))
    .values(heard_at=bindparam("at"))
)


def record_heard(connection: Connection, heard: Mapping[Key, datetime]) -> None:
    """Record when pulls last succeeded."""
    if heard:
        rows = [{"monitor": monitor_id, "pull": pull, "at": at} for (monitor_id, pull), at in sorted(heard.items())]
        connection.execute(HEARD, rows)


def alarm(connection: Connection, keys: Sequence[Key], now: datetime) -> int:
    """Note that these are missing; return how many of them were not known to be."""
    if not keys:
        return 0
    return connection.execute(
        update(Watch).where(_are(keys), WATCHES.alarmed_at.is_(None)).values(alarmed_at=now)
    ).rowcount


def calm(connection: Connection, keys: Sequence[Key]) -> int:
    """Note that these are no longer missing; return how many of them were known to be."""
    if not keys:
        return 0
    known = update(Watch).where(_are(keys), WATCHES.alarmed_at.is_not(None))
    return connection.execute(known.values(alarmed_at=None)).rowcount


def successes(connection: Connection, task_types: Sequence[TaskType], after: datetime) -> dict[Key, datetime]:
    """Return when tasks of these types last succeeded, of those that ended after a time, by monitor and type."""
    wanted = (RUNS.finished_at > after, RUNS.state == TaskState.SUCCEEDED, RUNS.type.in_(task_types))
    # SQLite would otherwise read all of history, in the order of the index of monitors.
    groups = (unindexed(RUNS.monitor_id), unindexed(RUNS.type))
    statement = select(RUNS.monitor_id, RUNS.type, func.max(RUNS.finished_at).label("at")).where(*wanted)
    found = connection.execute(statement.group_by(*groups))
    return {(row.monitor_id, row.type): row.at for row in found if row.monitor_id is not None}


def first_attempts(connection: Connection, task_types: Sequence[TaskType]) -> set[Key]:
    """Return the monitors and types for which a task runs that has not failed yet."""
    wanted = (IS_RUNNING, RUNS.attempt - RUNS.first_attempt <= 1, RUNS.type.in_(task_types))
    return {(row.monitor_id, row.type) for row in connection.execute(select(RUNS.monitor_id, RUNS.type).where(*wanted))}


def last_error(connection: Connection, monitor_id: int, task_type: str, after: datetime) -> str | None:
    """Return the error of the latest task of a type for a monitor that has one, created after a time."""
    wanted = (RUNS.monitor_id == monitor_id, RUNS.created_at > after, RUNS.type == task_type, RUNS.error.is_not(None))
    statement = select(RUNS.error).where(*wanted).order_by(RUNS.created_at.desc()).limit(1)
    return connection.execute(statement).scalar_one_or_none()


def periods(connection: Connection) -> list[Period]:
    """Return the periods in which nagare ran, the one that ended last first."""
    statement = select(PERIODS.began_at, PERIODS.ended_at).order_by(PERIODS.ended_at.desc(), PERIODS.id.desc())
    return [(row.began_at, row.ended_at) for row in connection.execute(statement.limit(MAX_PERIODS))]


def last_ran_at(connection: Connection) -> datetime | None:
    """Return when a leader last ran; None if none ever did."""
    return connection.execute(select(PERIODS.ended_at).order_by(PERIODS.ended_at.desc()).limit(1)).scalar_one_or_none()


def record_running(connection: Connection, now: datetime, pause_s: float) -> None:
    """Note that nagare runs now: in the latest period, or in a new one after a pause longer than `pause_s`."""
    latest = select(PERIODS.id, PERIODS.ended_at).order_by(PERIODS.id.desc()).limit(1)
    last = connection.execute(latest).first()
    if last is not None and abs(now - last.ended_at) <= timedelta(seconds=pause_s):
        connection.execute(
            update(WatchedPeriod).where(PERIODS.id == last.id, PERIODS.ended_at < now).values(ended_at=now)
        )
        return
    # Two leaders that see the same pause add two periods, which overlap.
    connection.execute(insert(WatchedPeriod), {"began_at": now, "ended_at": now})
    connection.execute(delete(WatchedPeriod).where(PERIODS.ended_at < now - KEPT_PERIODS))


def _are(keys: Sequence[Key]) -> ColumnElement[bool]:
    return tuple_(WATCHES.monitor_id, WATCHES.subject).in_(keys)
