"""Claims a waiting task: one worker succeeds, and a monitor runs no more tasks in parallel than it may."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, exists, func, literal, or_, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from app.enums import TaskState
from app.models import TaskRun
from app.store.database.dialects import table_of
from app.store.database.prepared_statements import Prepared
from app.store.database.single_statements import CanRun
from app.store.ledger.task_runs import MONITORS, NOT_SCHEDULED, RUNS, STILL_QUEUED, count_running


def _may_run(now: ColumnElement[datetime]) -> ColumnElement[bool]:
    """Return whether a queued task may run: a stray message must not start one that is scheduled for later."""
    return or_(NOT_SCHEDULED, RUNS.next_run_at <= now)


def _claim_statement() -> ReturningUpdate[Any]:
    is_full = exists().where(MONITORS.id == RUNS.monitor_id, MONITORS.max_parallel_tasks <= count_running(MONITORS.id))
    return (
        update(table_of(TaskRun))
        .where(
            RUNS.id == bindparam("task"),
            RUNS.type == bindparam("kind"),
            STILL_QUEUED,
            _may_run(bindparam("now", type_=RUNS.next_run_at.type)),
            ~is_full,
        )
        .values(
            state=TaskState.RUNNING,
            attempt=RUNS.attempt + 1,
            beat=0,
            worker=bindparam("by"),
            started_at=bindparam("now"),
            next_run_at=None,
            held_at=None,
            progress_done=0,
            progress_total=None,
            progress_message="",
        )
        .returning(
            RUNS.id,
            RUNS.type,
            RUNS.params,
            RUNS.attempt,
            RUNS.first_attempt,
            RUNS.monitor_id,
            RUNS.published_at,
            RUNS.traceparent,
        )
    )


CLAIM = Prepared(_claim_statement())
# Other claims wait for the lock until this one commits, so the commit does not wait for the disk. If the server crashes
# and loses a claim, the task is queued again, the attempt cannot record its outcome, and recovery publishes the task.
LOCK_MONITOR = Prepared(
    select(MONITORS.id, func.set_config("synchronous_commit", "off", True))
    .where(MONITORS.id == select(RUNS.monitor_id).where(RUNS.id == bindparam("task")).scalar_subquery())
    .with_for_update(key_share=True)
)


def claim(on: CanRun, task_id: str, type: str, worker: str, now: datetime) -> Mapping[str, Any] | None:
    """Claim a queued task of this type for `worker`, and count the attempt.

    Return None if it cannot be claimed, or its monitor already runs as many tasks as it may.
    """
    values = {"task": task_id, "kind": type, "by": worker, "now": now}
    # Without the lock, two concurrent claims would not see each other's task as running.
    return CLAIM.find_locked(LOCK_MONITOR, on, values)


def hold(connection: Connection, task_id: str, type: str, now: datetime) -> bool:
    """Hold a queued task whose message was taken until its monitor has room; return false if it is not due."""
    is_mine = RUNS.id == task_id, RUNS.type == type, STILL_QUEUED, _may_run(literal(now, RUNS.next_run_at.type))
    values = {"published_at": None, "next_run_at": None, "held_at": now}
    return connection.execute(update(TaskRun).where(*is_mine).values(values)).rowcount > 0
