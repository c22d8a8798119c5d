"""Statements on the ledger. Each state change is one guarded UPDATE: if no row matches, the claim was lost.

The statements that every task needs are built once: building one takes longer than running it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    RowMapping,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from app.enums import TERMINAL_STATES, TaskState
from app.models import Monitor, TaskRun
from app.models.task_runs import LISTED, SCHEDULED
from app.store.database.dialects import table_of
from app.store.database.pages import Keyset, Page, PageRequest, fetch_page
from app.store.database.prepared_statements import Prepared
from app.store.database.single_statements import CanRun
from app.store.ledger.task_steps import TaskStep

RUNS = TaskRun.__table__.c
MONITORS = Monitor.__table__.c
OTHERS = table_of(TaskRun).alias("others")
# Literals instead of bound parameters: only then do SQLite and PostgreSQL's generic plans use the partial indexes.
IS_QUEUED = text("state = 'queued'")
IS_RUNNING = text("state = 'running'")
IS_RETRYING = text("state = 'retrying'")
# For a task whose id is known. The expression hides the index on the state from PostgreSQL: if its statistics come from
# a quiet hour with few such tasks, it would scan all of them to find one task, for each task.
STILL_QUEUED = text("state || '' = 'queued'")
STILL_RUNNING = text("state || '' = 'running'")
NOT_SCHEDULED = RUNS.next_run_at.is_(None)
"""For a queued task: it is not scheduled for later. Recovery clears the time when it has come."""
IS_LISTED = text(LISTED)
# The condition on `published_at` is redundant, but keeps PostgreSQL from scanning all waiting tasks for held ones.
IS_OTHER_HELD = text("others.state = 'queued' AND others.held_at IS NOT NULL AND others.published_at IS NULL")

SHOWN = (
    RUNS.id.label("task_id"),
    RUNS.type,
    RUNS.state,
    RUNS.params,
    RUNS.monitor_id,
    RUNS.parent_id,
    (RUNS.attempt - RUNS.first_attempt).label("attempts"),
    RUNS.max_retries,
    RUNS.progress_done,
    RUNS.progress_total,
    RUNS.progress_message,
    RUNS.created_at,
    RUNS.published_at,
    RUNS.started_at,
    RUNS.finished_at,
    RUNS.next_run_at,
    RUNS.worker,
    RUNS.reason,
    RUNS.error,
    RUNS.result,
)


# Without the result: None would be stored there as JSON null.
DEFAULTS = {
    each.name: getattr(each.default, "arg", None) for each in table_of(TaskRun).columns if each is not RUNS.result
}
ADD = Prepared(insert(table_of(TaskRun)), keys=[*DEFAULTS])


def count_running(monitor_id: ColumnElement[Any]) -> ScalarSelect[int]:
    """Return how many tasks of a monitor workers run, for a statement that names no other table `others`."""
    return (
        select(func.count())
        .select_from(OTHERS)
        .where(text("others.state = 'running'"), OTHERS.c.worker.is_not(None), OTHERS.c.monitor_id == monitor_id)
    ).scalar_subquery()


def add(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Record accepted tasks."""
    ADD.run_each(connection, [{**DEFAULTS, **row} for row in rows])


def find(connection: Connection, task_id: str) -> RowMapping | None:
    """Return one task as the API shows it."""
    return connection.execute(select(*SHOWN).where(RUNS.id == task_id)).mappings().one_or_none()


def find_many(connection: Connection, task_ids: Sequence[str]) -> Sequence[RowMapping]:
    """Return these tasks as the API shows them, in the order in which they were recorded."""
    return connection.execute(select(*SHOWN).where(RUNS.id.in_(task_ids)).order_by(RUNS.id)).mappings().all()


ORDER = Keyset({"created_at": RUNS.created_at, "task_id": RUNS.id}, descending=True)


def fetch(connection: Connection, page: PageRequest, **filters: Any) -> Page:
    """Return a page of tasks, newest first; the filters are those of `matching`."""
    return fetch_page(connection, matching(**filters), ORDER, page)


def matching(
    *,
    type: str | None = None,
    state: str | None = None,
    monitor_id: int | None = None,
    parent_id: str | None = None,
    is_part: bool | None = None,
    scheduled: bool | None = None,
    created_after: datetime | None = None,
    created_before: datetime | None = None,
) -> Select[Any]:
    """Return the statement that selects the tasks that match all given filters."""
    statement = select(*SHOWN)
    if type is not None or state is not None or scheduled:
        statement = statement.where(IS_LISTED)
    if parent_id is not None:
        statement = statement.where(RUNS.parent_id == parent_id)
    if is_part is not None:
        statement = statement.where(RUNS.parent_id.is_not(None) if is_part else RUNS.parent_id.is_(None))
    if type is not None:
        statement = statement.where(RUNS.type == type)
    if state is not None:
        statement = statement.where(RUNS.state == state)
    if monitor_id is not None:
        statement = statement.where(RUNS.monitor_id == monitor_id)
    if scheduled is not None:
        statement = statement.where(
            text(SCHEDULED) if scheduled else or_(NOT_SCHEDULED, RUNS.state != TaskState.QUEUED)
        )
    if created_after is not None:
        statement = statement.where(RUNS.created_at > created_after)
    if created_before is not None:
        statement = statement.where(RUNS.created_at < created_before)
    return statement


def hand_back(connection: Connection, task_id: str, attempt: int, now: datetime) -> bool:
    """Queue a running task again without counting the attempt; return false if it is not the running attempt."""
    values = {
        "state": TaskState.QUEUED,
        "first_attempt": RUNS.first_attempt + 1,
        "published_at": now,
        "started_at": None,
        "worker": None,
    }
    return _change_running(connection, task_id, attempt, values)


IS_MINE = (RUNS.id == bindparam("task"), STILL_RUNNING, RUNS.attempt == bindparam("mine"))
RENEW = Prepared(update(table_of(TaskRun)).where(*IS_MINE).values(beat=RUNS.beat + 1))


def renew(on: CanRun, task_id: str, attempt: int) -> bool:
    """Renew the lease of a running attempt; return false if it is no longer the running attempt."""
    return RENEW.run(on, {"task": task_id, "mine": attempt}) > 0


def set_progress(connection: Connection, task_id: str, attempt: int, step: TaskStep) -> bool:
    """Record the progress of a running attempt; return false if it is no longer the running attempt."""
    return _change_running(connection, task_id, attempt, {"beat": RUNS.beat + 1, **step.columns()})


_ENDED_WELL = (
    update(table_of(TaskRun))
    .where(*IS_MINE)
    .values(
        state=TaskState.SUCCEEDED,
        result=bindparam("outcome"),
        finished_at=bindparam("now"),
        reason=None,
        error=None,
    )
    .returning(
        exists().where(IS_OTHER_HELD, OTHERS.c.monitor_id == RUNS.monitor_id).label("is_any_held"),
    )
)
SUCCEED = Prepared(_ENDED_WELL)
SUCCEED_WITH_STEP = Prepared(
    _ENDED_WELL.values(
        progress_done=bindparam("done"), progress_total=bindparam("total"), progress_message=bindparam("message")
    )
)


def succeed(
    on: CanRun,
    task_id: str,
    attempt: int,
    result: Mapping[str, Any],
    now: datetime,
    step: TaskStep | None = None,
) -> bool | None:
    """End a running attempt as succeeded, with its last step; return whether a task is held for its monitor.

    Return None if it is no longer the running attempt.
    """
    values = {"task": task_id, "mine": attempt, "outcome": result, "now": now}
    if step is not None:
        values |= {"done": step.done, "total": step.total, "message": step.message}
    ended = (SUCCEED if step is None else SUCCEED_WITH_STEP).find(on, values)
    return None if ended is None else bool(ended["is_any_held"])


def lock_running(connection: Connection, task_id: str) -> Row[*tuple[Any, ...]] | None:
    """Return the data that decides what follows a failure, and lock the running task until the transaction ends."""
    return connection.execute(
        select(
            RUNS.id,
            RUNS.type,
            RUNS.params,
            RUNS.monitor_id,
            RUNS.attempt,
            RUNS.first_attempt,
            RUNS.max_retries,
            RUNS.beat,
            RUNS.worker,
            RUNS.created_at,
            RUNS.started_at,
        )
        .where(RUNS.id == task_id, STILL_RUNNING)
        .with_for_update()
    ).one_or_none()


def schedule_retry(
    connection: Connection, task_id: str, attempt: int, next_run_at: datetime, reason: str, error: str
) -> bool:
    """Schedule a retry at `next_run_at` after a failed attempt."""
    values = {"state": TaskState.RETRYING, "next_run_at": next_run_at, "reason": reason, "error": error}
    return _change_running(connection, task_id, attempt, values)


def bury(connection: Connection, task_id: str, attempt: int, now: datetime, reason: str, error: str) -> bool:
    """Make a task a dead letter after a failed attempt."""
    values = {"state": TaskState.DEAD, "finished_at": now, "reason": reason, "error": error, "discarded_at": None}
    return _change_running(connection, task_id, attempt, values)


def cancel(connection: Connection, task_id: str, now: datetime) -> bool:
    """Cancel a task; return false if it has ended."""
    values = {"state": TaskState.CANCELLED, "finished_at": now, "next_run_at": None}
    unfinished = RUNS.state.not_in(TERMINAL_STATES)
    return connection.execute(update(TaskRun).where(RUNS.id == task_id, unfinished).values(values)).rowcount > 0


def cancel_waiting(connection: Connection, type: str, created_until: datetime, now: datetime, limit: int) -> list[str]:
    """Cancel some queued and retrying tasks of a type that were created until a time, and return their ids.

    Those that are scheduled for later do not wait in the queue, and stay.
    """
    is_waiting = or_(IS_RETRYING, and_(IS_QUEUED, NOT_SCHEDULED))
    oldest = (
        select(RUNS.id)
        .where(RUNS.type == type, is_waiting, RUNS.created_at <= created_until)
        .order_by(RUNS.created_at, RUNS.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    values = {"state": TaskState.CANCELLED, "finished_at": now, "next_run_at": None}
    waiting = (RUNS.id.in_(oldest.scalar_subquery()), is_waiting)
    return list(connection.execute(update(TaskRun).where(*waiting).values(values).returning(RUNS.id)).scalars())


def cancel_of_monitor(connection: Connection, monitor_id: int, now: datetime) -> Sequence[RowMapping]:
    """Cancel all unfinished tasks of a monitor, and return them as the API shows them."""
    values = {"state": TaskState.CANCELLED, "finished_at": now, "next_run_at": None}
    unfinished = RUNS.state.not_in(TERMINAL_STATES)
    statement = update(TaskRun).where(RUNS.monitor_id == monitor_id, unfinished).values(values)
    return connection.execute(statement.returning(*SHOWN)).mappings().all()


BEATS = select(RUNS.id, RUNS.attempt, RUNS.beat).where(IS_RUNNING, RUNS.worker.is_not(None))


def running_beats(connection: Connection) -> dict[str, tuple[int, int]]:
    """Return (attempt, beat) of every running task that has a worker, by id; `beat` counts the lease's renewals."""
    return {row.id: (row.attempt, row.beat) for row in connection.execute(BEATS)}


def running(connection: Connection) -> Sequence[RowMapping]:
    """Return the running tasks of each worker."""
    columns = (RUNS.id.label("task_id"), RUNS.type, RUNS.worker, RUNS.started_at)
    statement = select(*columns).where(IS_RUNNING, RUNS.worker.is_not(None))
    return connection.execute(statement.order_by(RUNS.started_at)).mappings().all()


def prune(connection: Connection, finished_before: datetime, limit: int) -> int:
    """Delete some tasks that ended before a time; dead ones stay until they are retried or discarded."""
    old = select(RUNS.id).where(
        RUNS.finished_at < finished_before,
        RUNS.state.in_((TaskState.SUCCEEDED, TaskState.CANCELLED)) | RUNS.discarded_at.is_not(None),
    )
    return connection.execute(delete(TaskRun).where(RUNS.id.in_(old.limit(limit).scalar_subquery()))).rowcount


def _change_running(connection: Connection, task_id: str, attempt: int, values: Mapping[str, Any]) -> bool:
    statement = update(TaskRun).where(RUNS.id == task_id, STILL_RUNNING, RUNS.attempt == attempt).values(values)
    return connection.execute(statement).rowcount > 0
