"""Statements that find tasks for the same work."""

from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, func, or_, select, text, update

from app.models import TaskRun
from app.models.task_runs import UNFINISHED
from app.store.database.prepared_reads import PreparedRead
from app.store.ledger.task_runs import IS_QUEUED, IS_RETRYING, IS_RUNNING, NOT_SCHEDULED, RUNS


def find_unfinished(connection: Connection, fingerprint: str, run_at: datetime | None = None) -> str | None:
    """Return the id of the oldest unfinished task with this fingerprint that is, or was, due now.

    With `run_at`, of those that are scheduled for that time: one for tomorrow is not the work of today.
    """
    is_due = and_(IS_QUEUED, RUNS.next_run_at == run_at) if run_at else or_(NOT_SCHEDULED, IS_RETRYING)
    wanted = (RUNS.fingerprint == fingerprint, text(UNFINISHED), is_due)
    statement = select(RUNS.id).where(*wanted).order_by(RUNS.created_at).limit(1)
    return connection.execute(statement).scalar_one_or_none()


FIND_QUEUED = PreparedRead(
    select(RUNS.id).where(RUNS.fingerprint == bindparam("print"), IS_QUEUED).order_by(RUNS.created_at).limit(1)
)


def find_queued(connection: Connection, fingerprint: str) -> str | None:
    """Return the id of the oldest queued task with this fingerprint."""
    queued = FIND_QUEUED.find(connection, {"print": fingerprint})
    return None if queued is None else str(queued["id"])


FIND_RUNNING = PreparedRead(
    select(RUNS.id)
    .where(RUNS.fingerprint == bindparam("print"), IS_RUNNING, text(UNFINISHED), RUNS.id > bindparam("after"))
    .limit(1)
)


def is_any_running(connection: Connection, fingerprint: str, after: str = "") -> bool:
    """Return whether a task with this fingerprint runs, of those that were recorded after the task `after`."""
    return FIND_RUNNING.find(connection, {"print": fingerprint, "after": after}) is not None


def hand_over(connection: Connection, fingerprint: str, task_id: str, now: datetime) -> list[str]:
    """Take a running task's fingerprint, and make those due that are scheduled with it; return their ids."""
    connection.execute(update(TaskRun).where(RUNS.id == task_id).values(fingerprint=None))
    scheduled = (RUNS.fingerprint == fingerprint, IS_QUEUED, text(UNFINISHED), RUNS.next_run_at.is_not(None))
    values = {"next_run_at": None, "published_at": now}
    return list(connection.execute(update(TaskRun).where(*scheduled).values(values).returning(RUNS.id)).scalars())


def find_open(connection: Connection, fingerprint: str) -> str | None:
    """Return the id of the oldest task with this fingerprint that has not ended, or is a dead letter."""
    is_open = or_(text(UNFINISHED), text("state = 'dead' AND discarded_at IS NULL"))
    statement = select(RUNS.id).where(RUNS.fingerprint == fingerprint, is_open).order_by(RUNS.created_at)
    return connection.execute(statement.limit(1)).scalar_one_or_none()


def is_any_open(connection: Connection, fingerprint: str) -> bool:
    """Return whether a task with this fingerprint has not ended, or is a dead letter."""
    return find_open(connection, fingerprint) is not None


def lock_fingerprint(connection: Connection, fingerprint: str, *, shared: bool = False) -> None:
    """Make a second request for the same work wait until the first is recorded; SQLite serializes writers anyway.

    Those that are `shared` do not wait for each other.
    """
    if connection.dialect.name == "postgresql":
        lock = func.pg_advisory_xact_lock_shared if shared else func.pg_advisory_xact_lock
        connection.execute(select(lock(func.hashtextextended(fingerprint, 0))))
