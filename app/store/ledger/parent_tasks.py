"""The ledger's statements on parents, which are running without a worker, and their children."""

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
    """Let a running task go on without its worker, until its children have ended; None when it is not that attempt.

    Returns the attempt that it is from then on. The worker does not know it: stopped in that moment, it can neither
    hand the task back nor fail it. The count of attempts stays as it was.
    """
    values = {"worker": None, "attempt": RUNS.attempt + 1, "first_attempt": RUNS.first_attempt + 1}
    statement = update(TaskRun).where(RUNS.id == task_id, STILL_RUNNING, RUNS.attempt == attempt).values(values)
    return connection.execute(statement.returning(RUNS.attempt)).scalar_one_or_none()


def parents(connection: Connection) -> Sequence[RowMapping]:
    """Return the tasks that wait for their children."""
    return connection.execute(PARENTS).mappings().all()


def lock_parent(connection: Connection, task_id: str, attempt: int) -> bool:
    """Keep others from moving a waiting parent on until the transaction ends; false when it is not waiting so."""
    statement = select(RUNS.id).where(RUNS.id == task_id, RUNS.attempt == attempt, *IS_WAITING)
    return connection.execute(statement.with_for_update()).first() is not None


def children(connection: Connection, parent_id: str, round: str | None = None) -> Sequence[RowMapping]:
    """Return a parent's children, oldest first; with `round` those of this attempt of the parent."""
    statement = select(*CHILD).where(RUNS.parent_id == parent_id)
    if round is not None:
        statement = statement.where(RUNS.fingerprint == round)
    return connection.execute(statement.order_by(RUNS.created_at, RUNS.id)).mappings().all()


def set_progress(connection: Connection, parent_id: str, step: TaskStep) -> None:
    """Record how far a parent's children are."""
    connection.execute(update(TaskRun).where(RUNS.id == parent_id, *IS_WAITING).values(step.columns()))


def cancel_children(connection: Connection, parent_id: str, now: datetime) -> list[tuple[str, str]]:
    """Cancel a parent's children that have not ended, and return their (type, id)."""
    values: dict[str, Any] = {"state": TaskState.CANCELLED, "finished_at": now, "next_run_at": None}
    unfinished = (RUNS.parent_id == parent_id, RUNS.state.not_in(TERMINAL_STATES))
    statement = update(TaskRun).where(*unfinished).values(values).returning(RUNS.type, RUNS.id)
    return [(row.type, row.id) for row in connection.execute(statement)]
