"""What it costs the leader to see that nothing is stale, silent or absent, however many alerts are resolved."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from app.enums import TaskType
from app.rules.liveness.confirmations import Confirmed
from app.store.database.engine import Database
from app.store.liveness import stale_alerts, watchdogs, watches
from tests.store.plans import plan_of
from tests.store.rows import NOW

SOME = Confirmed(is_pulled=True, pulled=NOW, repeated=NOW, posted=NOW)
OPEN_OF_MONITOR = "ix_alerts_monitor_id_status_id (monitor_id=? AND status=?)"
BY_ID = "PRIMARY KEY (rowid=?)"
UNCONFIRMED = stale_alerts.is_unconfirmed([1, 2], SOME)
OVERDUE = stale_alerts.is_overdue([1, 2], NOW)


@pytest.mark.parametrize(
    ("ask", "indexes"),
    [
        (lambda connection: stale_alerts.find(connection, UNCONFIRMED, 500), [OPEN_OF_MONITOR]),
        (lambda connection: stale_alerts.find(connection, OVERDUE, 500), [OPEN_OF_MONITOR]),
        (lambda connection: stale_alerts.mark(connection, [1, 2], UNCONFIRMED, NOW), [BY_ID, BY_ID]),
        (lambda connection: stale_alerts.resolve(connection, [1, 2], OVERDUE, NOW), [BY_ID, BY_ID]),
        (lambda connection: watches.successes(connection, [TaskType.SYNC], NOW), ["ix_task_runs_finished_at"]),
        (lambda connection: watches.first_attempts(connection, [TaskType.SYNC]), ["ix_task_runs_running"]),
        (lambda connection: watches.last_error(connection, 1, "sync", NOW), ["ix_task_runs_monitor_id_created_at"]),
        (watches.periods, ["ix_watched_periods_ended_at"]),
        (
            lambda connection: watchdogs.named(connection, 1, "Watchdog"),
            [BY_ID, "(name=? AND value=?)", "(pair_id=?)", OPEN_OF_MONITOR],
        ),
    ],
)
def test_it_is_found_by_indexes(database: Database, ask: Callable[[Connection], object], indexes: list[str]) -> None:
    read = [step for step in plan_of(database, ask) if step.startswith(("SCAN", "SEARCH"))]
    assert len(read) == len(indexes)
    assert all(index in step for index, step in zip(indexes, read, strict=True)), read
