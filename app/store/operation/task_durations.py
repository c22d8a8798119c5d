"""How long tasks ran and waited, as percentiles."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, Connection, RowMapping, case, cast, func, literal, select

from app.enums import TaskState
from app.models import TaskRun
from app.store.alerts.scores import epoch

RUNS = TaskRun.__table__.c
MOST = 20_000
"""So many of the tasks that ended last are looked at."""
PERCENTILES = (50, 90, 99)


def percentiles(
    connection: Connection,
    since: datetime,
    *,
    type: str | None = None,
    monitor_id: int | None = None,
    span_s: int | None = None,
) -> Sequence[RowMapping]:
    """Return `count`, `duration_50_s` … `duration_99_s` and `wait_50_s` … of each type since a time.

    With `span_s` each row is a span of that length, and `at` its beginning in Unix seconds; without it `at` is 0.
    Percentiles are nearest ranks: times that a task really took.
    """
    ran = (RUNS.finished_at >= since, RUNS.started_at.is_not(None))
    statement = select(RUNS.type, RUNS.published_at, RUNS.started_at, RUNS.finished_at).where(
        *ran, RUNS.state.in_((TaskState.SUCCEEDED, TaskState.DEAD))
    )
    if type is not None:
        statement = statement.where(RUNS.type == type)
    if monitor_id is not None:
        statement = statement.where(RUNS.monitor_id == monitor_id)
    read = statement.order_by(RUNS.finished_at.desc()).limit(MOST).subquery().c
    started, ended = epoch(read.started_at), epoch(read.finished_at)
    at: ColumnElement[int] = literal(0) if span_s is None else cast(ended, BigInteger) // span_s * span_s
    times = select(
        read.type,
        at.label("at"),
        (ended - started).label("duration"),
        (started - epoch(func.coalesce(read.published_at, read.started_at))).label("wait"),
    ).subquery()
    group = (times.c.type, times.c.at)
    ranked = select(
        *group,
        times.c.duration,
        times.c.wait,
        func.row_number().over(partition_by=group, order_by=times.c.duration).label("duration_rank"),
        func.row_number().over(partition_by=group, order_by=times.c.wait).label("wait_rank"),
        func.count().over(partition_by=group).label("number"),
    ).subquery()
    found = [
        func.max(case((ranked.c[f"{name}_rank"] == (ranked.c.number * percentile + 99) // 100, ranked.c[name]))).label(
            f"{name}_{percentile}_s"
        )
        for name in ("duration", "wait")
        for percentile in PERCENTILES
    ]
    result = select(ranked.c.type, ranked.c.at, func.max(ranked.c.number).label("count"), *found)
    statement_of_all = result.group_by(ranked.c.type, ranked.c.at).order_by(ranked.c.type, ranked.c.at)
    return connection.execute(statement_of_all).mappings().all()
