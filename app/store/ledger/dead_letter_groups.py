"""Statements that sum up dead letters by what they have in common."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, func, select

from app.store.ledger.dead_letters import CAUSE, IS_DEAD, LetterFilter
from app.store.ledger.task_runs import RUNS


def by_cause(connection: Connection, wanted: LetterFilter) -> Sequence[RowMapping]:
    """Return the number of matching dead letters by monitor, cause and type, with the first and last time of death."""
    cause = CAUSE.label("cause")
    statement = (
        select(
            RUNS.monitor_id,
            cause,
            RUNS.type,
            func.count().label("count"),
            func.max(RUNS.error).label("error"),
            func.min(RUNS.finished_at).label("first_dead_at"),
            func.max(RUNS.finished_at).label("last_dead_at"),
        )
        .where(IS_DEAD, *wanted.conditions())
        .group_by(RUNS.monitor_id, cause, RUNS.type)
    )
    return connection.execute(statement).mappings().all()
