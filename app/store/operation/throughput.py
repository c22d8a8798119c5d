"""Counts ended tasks over time."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Connection, RowMapping, cast, func, select

from app.enums import TaskState
from app.models import TaskRun
from app.store.alerts.scores import epoch

RUNS = TaskRun.__table__.c


def ended_by_minute(connection: Connection, since: datetime) -> Sequence[RowMapping]:
    """Return `minute` (minutes since 1970), `succeeded` and `dead` for each minute in which a task ended."""
    minute = (cast(epoch(RUNS.finished_at), BigInteger) // 60).label("minute")
    statement = (
        select(
            minute,
            func.count().filter(RUNS.state == TaskState.SUCCEEDED).label("succeeded"),
            func.count().filter(RUNS.state == TaskState.DEAD).label("dead"),
        )
        .where(RUNS.finished_at >= since)
        .group_by(minute)
        .order_by(minute)
    )
    return connection.execute(statement).mappings().all()
