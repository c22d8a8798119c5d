"""Records submitted tasks, with one statement that also checks their monitors."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, exists, literal_column, or_, select

from app.models import TaskRun
from app.rules.monitor_types import WEBHOOK
from app.store.database.dialects import table_of
from app.store.database.prepared_statements import PreparedInsert
from app.store.database.single_statements import CanRun
from app.store.ledger.task_runs import DEFAULTS, MONITORS, RUNS

BOUND = (
    *("id", "type", "state", "params", "fingerprint", "monitor_id", "parent_id", "requested_by", "max_retries"),
    *("traceparent", "created_at", "published_at", "next_run_at"),
)
# Constants are literals: binding them would take as long as the insert.
SAME = {name: repr(default) for name, default in DEFAULTS.items() if default is not None}
# On PostgreSQL, deleting the monitor waits until the task exists and can be cancelled.
HAS_MONITOR = exists(
    select(MONITORS.id)
    .where(MONITORS.id == bindparam("monitor_id"), MONITORS.enabled, MONITORS.type != literal_column(repr(WEBHOOK)))
    .with_for_update(read=True, key_share=True)
)
ADD = PreparedInsert(
    table_of(TaskRun),
    (*BOUND, *SAME),
    select(
        *(bindparam(name, type_=RUNS[name].type) for name in BOUND),
        *(literal_column(default) for default in SAME.values()),
    ).where(or_(bindparam("monitor_id", type_=RUNS.monitor_id.type).is_(None), HAS_MONITOR)),
)


def add(on: CanRun, entries: Sequence[Mapping[str, Any]]) -> int:
    """Record tasks; return the number recorded.

    Those are left out whose monitor does not exist, is disabled, or only receives.
    """
    return ADD.add(on, entries)


def added(connection: Connection, task_ids: Sequence[str]) -> set[str]:
    """Return which of these tasks are recorded."""
    return {*connection.execute(select(RUNS.id).where(RUNS.id.in_(task_ids))).scalars()}
