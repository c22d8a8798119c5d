"""Statements for publishing and its recovery: which tasks have a message in Redis, and which need one."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, TextClause, bindparam, func, select, text, update

from app.enums import TaskState
from app.models import Monitor, TaskRun
from app.models.task_runs import HELD, SCHEDULED
from app.store.database.dialects import table_of
from app.store.database.prepared_statements import Prepared
from app.store.ledger.task_runs import (
    IS_QUEUED,
    IS_RETRYING,
    MONITORS,
    NOT_SCHEDULED,
    RUNS,
    STILL_QUEUED,
    count_running,
)


def mark_unpublished(connection: Connection, task_ids: Sequence[str]) -> None:
    """Record that the messages of these tasks did not reach Redis."""
    connection.execute(update(TaskRun).where(RUNS.id.in_(task_ids), STILL_QUEUED).values(published_at=None))


def claim_publishing(connection: Connection, task_ids: Sequence[str], now: datetime) -> list[tuple[str, str]]:
    """Record that queued tasks are being published; return the (type, id) of those that are queued and due."""
    statement = update(TaskRun).where(RUNS.id.in_(task_ids), STILL_QUEUED, NOT_SCHEDULED)
    values = {"published_at": now, "held_at": None}
    return [(row.type, row.id) for row in connection.execute(statement.values(values).returning(RUNS.type, RUNS.id))]


def unpublished(connection: Connection, limit: int) -> list[str]:
    """Return the ids of queued tasks that are known not to have reached Redis, oldest first.

    Those that are held or scheduled for later are left out.
    """
    statement = select(RUNS.id).where(IS_QUEUED, RUNS.published_at.is_(None), RUNS.held_at.is_(None), NOT_SCHEDULED)
    return list(connection.execute(statement.order_by(RUNS.created_at, RUNS.id).limit(limit)).scalars())


def releasable(connection: Connection, limit: int) -> list[str]:
    """Return the ids of held tasks, oldest first, for each monitor as many as it has room for."""
    rank = func.row_number().over(partition_by=RUNS.monitor_id, order_by=(RUNS.held_at, RUNS.id))
    free = MONITORS.max_parallel_tasks - count_running(RUNS.monitor_id)
    held = (
        select(RUNS.id, rank.label("rank"), free.label("free"))
        .join(Monitor, MONITORS.id == RUNS.monitor_id)
        .where(IS_QUEUED, RUNS.published_at.is_(None), RUNS.held_at.is_not(None))
        .subquery()
    )
    statement = select(held.c.id).where(held.c.rank <= held.c.free).order_by(held.c.rank).limit(limit)
    return list(connection.execute(statement).scalars())


RELEASE_NEXT = Prepared(
    update(table_of(TaskRun))
    .where(
        RUNS.id
        == select(RUNS.id)
        .where(text(HELD), RUNS.published_at.is_(None), RUNS.monitor_id == bindparam("monitor"))
        .order_by(RUNS.held_at, RUNS.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery(),
        IS_QUEUED,
    )
    .values(published_at=bindparam("now"), held_at=None)
    .returning(RUNS.type, RUNS.id)
)


def release_next(connection: Connection, monitor_id: int, now: datetime) -> list[tuple[str, str]]:
    """Record that a monitor's longest held task is being published; return its (type, id), if there is one."""
    released = RELEASE_NEXT.find(connection, {"monitor": monitor_id, "now": now})
    return [] if released is None else [(released["type"], released["id"])]


DUE = (
    select(RUNS.id).where(IS_QUEUED, RUNS.published_at.is_(None)),
    select(RUNS.id).where(IS_RETRYING, RUNS.next_run_at <= bindparam("now")),
    select(RUNS.id).where(text(SCHEDULED), RUNS.next_run_at <= bindparam("now")),
)


def is_any_due(connection: Connection, now: datetime) -> bool:
    """Return whether a task waits to be published, or a retry or a scheduled task is due."""
    return any(connection.execute(rows.limit(1), {"now": now}).first() is not None for rows in DUE)


def requeue_due(connection: Connection, now: datetime, limit: int) -> list[str]:
    """Queue the tasks whose retry or scheduled time is due, at most `limit` of each kind; return their ids."""
    return [*_requeue(connection, IS_RETRYING, now, limit), *_requeue(connection, text(SCHEDULED), now, limit)]


def _requeue(connection: Connection, kind: TextClause, now: datetime, limit: int) -> list[str]:
    due = (
        select(RUNS.id)
        .where(kind, RUNS.next_run_at <= now)
        .order_by(RUNS.next_run_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    values = {"state": TaskState.QUEUED, "published_at": None, "next_run_at": None}
    statement = update(TaskRun).where(RUNS.id.in_(due.scalar_subquery()), kind).values(values)
    return list(connection.execute(statement.returning(RUNS.id)).scalars())


def waiting_counts(connection: Connection) -> dict[str, int]:
    """Return the number of queued tasks by type, without those that are scheduled for later."""
    statement = select(RUNS.type, func.count().label("queued")).where(IS_QUEUED, NOT_SCHEDULED).group_by(RUNS.type)
    return {row.type: row.queued for row in connection.execute(statement)}


def queued_since(connection: Connection) -> dict[str, datetime]:
    """Return, by type, since when the oldest queued task waits; reads all queued tasks."""
    since = func.min(func.coalesce(RUNS.published_at, RUNS.held_at, RUNS.created_at)).label("since")
    statement = select(RUNS.type, since).where(IS_QUEUED, NOT_SCHEDULED).group_by(RUNS.type)
    return {row.type: row.since for row in connection.execute(statement)}


def waiting_since(connection: Connection, next_ids: Sequence[str]) -> dict[str, datetime]:
    """Return, by type, since when the oldest task waits.

    Reads only the tasks that are next in the lists and those in no list, so that a long list costs nothing.
    """
    are_next = (RUNS.id.in_(next_ids), STILL_QUEUED, NOT_SCHEDULED)
    published = select(RUNS.type, RUNS.published_at.label("since")).where(*are_next)
    since = func.min(func.coalesce(RUNS.held_at, RUNS.created_at)).label("since")
    others = select(RUNS.type, since).where(IS_QUEUED, RUNS.published_at.is_(None), NOT_SCHEDULED).group_by(RUNS.type)
    found: dict[str, datetime] = {}
    for row in (*connection.execute(published), *connection.execute(others)):
        if row.since is not None:
            found[row.type] = min(row.since, found.get(row.type, row.since))
    return found


def queued_counts(connection: Connection, published_before: datetime) -> dict[str, int]:
    """Return, by type, the number of queued tasks that were published before a time."""
    is_expected = (IS_QUEUED, RUNS.published_at < published_before, NOT_SCHEDULED)
    statement = select(RUNS.type, func.count().label("queued")).where(*is_expected)
    return {row.type: row.queued for row in connection.execute(statement.group_by(RUNS.type))}


def queued_ids(connection: Connection, type: str, published_before: datetime) -> list[str]:
    """Return the ids of queued tasks of a type that were published before a time, oldest first."""
    statement = select(RUNS.id).where(IS_QUEUED, RUNS.type == type, RUNS.published_at < published_before, NOT_SCHEDULED)
    return list(connection.execute(statement.order_by(RUNS.published_at, RUNS.id)).scalars())
