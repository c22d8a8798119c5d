"""Records tasks that are asked for, with one statement that looks at their monitors too."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, exists, literal_column, or_, select

from app.models import TaskRun
from app.store.database.prepared_statements import PreparedInsert
from app.store.database.single_statements import CanRun
from app.store.database.upsert import table_of
from app.store.ledger.task_runs import DEFAULTS, MONITORS, RUNS

GIVEN = (
    *("id", "type", "state", "params", "fingerprint", "monitor_id", "parent_id", "requested_by", "max_retries"),
    *("traceparent", "created_at", "published_at"),
)
# What is the same for all is written out: to bind it would take as long as to insert it.
SAME = {name: repr(default) for name, default in DEFAULTS.items() if default is not None}
# On PostgreSQL who deletes the monitor waits until the task is there to be cancelled.
IS_ENABLED = exists(
    select(MONITORS.id)
    .where(MONITORS.id == bindparam("monitor_id"), MONITORS.enabled)
    .with_for_update(read=True, key_share=True)
)
ADD = PreparedInsert(
    table_of(TaskRun),
    (*GIVEN, *SAME),
    select(
        *(bindparam(name, type_=RUNS[name].type) for name in GIVEN),
        *(literal_column(default) for default in SAME.values()),
    ).where(or_(bindparam("monitor_id", type_=RUNS.monitor_id.type).is_(None), IS_ENABLED)),
)


def add(on: CanRun, entries: Sequence[Mapping[str, Any]]) -> int:
    """Record tasks, but none of a monitor that is not there or is disabled; return how many."""
    return ADD.add(on, entries)


def added(connection: Connection, task_ids: Sequence[str]) -> set[str]:
    """Return which of these tasks are recorded."""
    return {*connection.execute(select(RUNS.id).where(RUNS.id.in_(task_ids))).scalars()}
