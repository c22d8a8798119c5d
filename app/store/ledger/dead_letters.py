"""Statements on dead letters. The ledger is the source of truth; the list in Redis is a copy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, case, func, select, text, update

from app.enums import TaskState, TaskType
from app.models import TaskRun
from app.store.database.dialects import table_of
from app.store.database.index_hints import unindexed
from app.store.database.pages import Keyset, Page, PageRequest, fetch_page
from app.store.database.search import matches
from app.store.ledger.task_runs import RUNS

# A literal instead of a bound parameter, so that the partial index of dead tasks is used.
IS_DEAD = text("state = 'dead' AND discarded_at IS NULL")

LETTER = (
    RUNS.id.label("task_id"),
    RUNS.type,
    RUNS.params,
    RUNS.reason,
    RUNS.error,
    (RUNS.attempt - RUNS.first_attempt).label("attempts"),
    RUNS.worker,
    RUNS.created_at,
    RUNS.finished_at.label("dead_at"),
)
PARTS = table_of(TaskRun).alias("parts")
PART_REASON = (
    select(PARTS.c.reason)
    .where(PARTS.c.parent_id == RUNS.id, PARTS.c.state == TaskState.DEAD)
    .order_by(PARTS.c.created_at.desc(), PARTS.c.id.desc())
    .limit(1)
    .correlate(TaskRun)
    .scalar_subquery()
)
CAUSE: ColumnElement[str] = func.coalesce(case((RUNS.type == TaskType.SYNC, PART_REASON)), RUNS.reason, "")
"""Why a task is dead: its reason; of a sync, that of the part which failed last."""
SHOWN_LETTER = (*LETTER, RUNS.monitor_id, CAUSE.label("cause"))


@dataclass(frozen=True, slots=True)
class LetterFilter:
    """Matches the dead letters that satisfy all given fields."""

    type: str | None = None
    monitor_id: int | None = None
    reason: str | None = None
    cause: str | None = None
    q: str | None = None
    """Text in the error."""
    ids: Sequence[str] | None = None
    except_reasons: Sequence[str] = ()

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the filter as SQL conditions."""
        wanted: Mapping[ColumnElement[Any], Any] = {
            **{RUNS.type: self.type, RUNS.monitor_id: self.monitor_id, RUNS.reason: self.reason},
            CAUSE: self.cause,
        }
        conditions: list[ColumnElement[bool]] = [
            unindexed(column) == value for column, value in wanted.items() if value is not None
        ]
        if self.q is not None:
            conditions.append(matches(self.q, RUNS.error))
        if self.ids is not None:
            conditions.append(RUNS.id.in_(self.ids))
        if self.except_reasons:
            conditions.append(RUNS.reason.not_in(self.except_reasons))
        return conditions


EVERY = LetterFilter()
NEWEST = 1000
"""Of so many of the newest dead letters, those of a worker are looked for: no index leads to them."""


def _letters(wanted: LetterFilter = EVERY) -> Select[Any]:
    return select(*LETTER).where(IS_DEAD, *wanted.conditions())


def find(connection: Connection, task_id: str) -> RowMapping | None:
    """Return one dead letter."""
    statement = select(*SHOWN_LETTER).where(IS_DEAD, RUNS.id == task_id)
    return connection.execute(statement).mappings().one_or_none()


def fetch(connection: Connection, page: PageRequest, wanted: LetterFilter) -> Page:
    """Return a page of dead letters, newest first."""
    order = Keyset({"dead_at": RUNS.finished_at, "task_id": RUNS.id}, descending=True)
    return fetch_page(connection, select(*SHOWN_LETTER).where(IS_DEAD, *wanted.conditions()), order, page)


def of_worker(connection: Connection, prefix: str, limit: int) -> Sequence[RowMapping]:
    """Return the newest dead letters whose last worker's name begins with a prefix, of the newest of all."""
    newest = (
        select(*LETTER, RUNS.monitor_id, CAUSE.label("cause"))
        .where(IS_DEAD)
        .order_by(RUNS.finished_at.desc(), RUNS.id.desc())
        .limit(NEWEST)
        .subquery()
    )
    statement = select(newest).where(newest.c.worker.startswith(prefix, autoescape=True))
    order = (newest.c.dead_at.desc(), newest.c.task_id.desc())
    return connection.execute(statement.order_by(*order).limit(limit)).mappings().all()


def every(connection: Connection) -> Sequence[RowMapping]:
    """Return all dead letters, oldest first."""
    return connection.execute(_letters().order_by(RUNS.finished_at, RUNS.id)).mappings().all()


def count(connection: Connection, wanted: LetterFilter = EVERY) -> int:
    """Return the number of matching dead letters."""
    statement = select(func.count()).select_from(TaskRun).where(IS_DEAD, *wanted.conditions())
    return connection.execute(statement).scalar_one()


def some(connection: Connection, wanted: LetterFilter, limit: int) -> Sequence[RowMapping]:
    """Return up to `limit` matching dead letters, oldest first."""
    statement = _letters(wanted).order_by(RUNS.finished_at, RUNS.id).limit(limit)
    return connection.execute(statement).mappings().all()


def revive(connection: Connection, task_id: str, now: datetime) -> bool:
    """Queue a dead task again with a fresh count of attempts; return false if it is no dead letter."""
    values = {
        "state": TaskState.QUEUED,
        "first_attempt": RUNS.attempt,
        "published_at": now,
        "finished_at": None,
        "started_at": None,
        "worker": None,
    }
    return connection.execute(update(TaskRun).where(RUNS.id == task_id, IS_DEAD).values(values)).rowcount > 0


def discard(connection: Connection, task_id: str, now: datetime) -> bool:
    """Discard a dead letter; return false if there is none."""
    return connection.execute(update(TaskRun).where(RUNS.id == task_id, IS_DEAD).values(discarded_at=now)).rowcount > 0


def fold(connection: Connection, parent_id: str, now: datetime) -> Sequence[RowMapping]:
    """Discard the dead letters of a task's parts, which its own letter stands for, and return them."""
    parts = (RUNS.parent_id == parent_id, IS_DEAD)
    statement = update(TaskRun).where(*parts).values(discarded_at=now).returning(*LETTER)
    return connection.execute(statement).mappings().all()
