"""Statements on parents, which are running without a worker, and on their children."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select, update

from app.enums import TERMINAL_STATES, TaskState
from app.models import TaskRun
from app.store.ledger.task_runs import IS_RUNNING, RUNS, STILL_RUNNING
from app.store.ledger.task_steps import TaskStep

PARENT = (
    *(RUNS.id, RUNS.type, RUNS.params, RUNS.attempt, RUNS.first_attempt, RUNS.monitor_id, RUNS.requested_by),
    *(RUNS.progress_done, RUNS.progress_total, RUNS.progress_message),
)
CHILD = (
    *(RUNS.id, RUNS.type, RUNS.state),
    *(RUNS.progress_done, RUNS.progress_total, RUNS.progress_message),
)
IS_WAITING = (IS_RUNNING, RUNS.worker.is_(None))
PARENTS = select(*PARENT).where(*IS_WAITING)


def leave_worker(connection: Connection, task_id: str, attempt: int) -> int | None:
    """Detach a running task from its worker until its children have ended; return None if it is not that attempt.

    Otherwise return its new attempt number. The worker does not know that number, so if it is stopped at this moment it
    can neither hand the task back nor fail it. The count of attempts stays the same.
    """
    values = {"worker": None, "attempt": RUNS.attempt + 1, "first_attempt": RUNS.first_attempt + 1}
    statement = update(TaskRun).where(RUNS.id == task_id, STILL_RUNNING, RUNS.attempt == attempt).values(values)
    return connection.execute(statement.returning(RUNS.attempt)).scalar_one_or_none()


def parents(connection: Connection) -> Sequence[RowMapping]:
    """Return the tasks that wait for their children."""
    return connection.execute(PARENTS).mappings().all()


def lock_parent(connection: Connection, task_id: str, attempt: int) -> bool:
    """Lock a waiting parent until the transaction ends; return false if that attempt does not wait."""
    statement = select(RUNS.id).where(RUNS.id == task_id, RUNS.attempt == attempt, *IS_WAITING)
    return connection.execute(statement.with_for_update()).first() is not None


def children(connection: Connection, parent_id: str, round: str | None = None) -> Sequence[RowMapping]:
    """Return a parent's children, oldest first; with `round` only those of that attempt of the parent."""
    statement = select(*CHILD).where(RUNS.parent_id == parent_id)
    if round is not None:
        statement = statement.where(RUNS.fingerprint == round)
    return connection.execute(statement.order_by(RUNS.created_at, RUNS.id)).mappings().all()


def set_progress(connection: Connection, parent_id: str, step: TaskStep) -> None:
    """Record the progress of a parent's children."""
    connection.execute(update(TaskRun).where(RUNS.id == parent_id, *IS_WAITING).values(step.columns()))


def cancel_children(connection: Connection, parent_id: str, now: datetime) -> list[tuple[str, str]]:
    """Cancel a parent's unfinished children, and return their (type, id)."""
    values: dict[str, Any] = {"state": TaskState.CANCELLED, "finished_at": now, "next_run_at": None}
    unfinished = (RUNS.parent_id == parent_id, RUNS.state.not_in(TERMINAL_STATES))
    statement = update(TaskRun).where(*unfinished).values(values).returning(RUNS.type, RUNS.id)
    return [(row.type, row.id) for row in connection.execute(statement)]
