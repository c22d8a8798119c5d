"""What the score costs the database, however long the history of alerts is."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from app.store.alerts import scores
from app.store.alerts.scores import FLEET, Scope, Window
from app.store.database.engine import Database
from tests.store.plans import plan_of
from tests.store.rows import NOW

WINDOW = Window(NOW, 24 * 3600)


@pytest.mark.parametrize(
    "ask",
    [
        lambda connection: scores.sums(connection, WINDOW),
        lambda connection: scores.sums(connection, WINDOW, Scope(monitor_id=1)),
        lambda connection: scores.sums_by_monitor(connection, WINDOW),
    ],
)
def test_only_alerts_at_the_windows_beginning_and_of_the_future_are_looked_at(
    database: Database, ask: Callable[[Connection], object]
) -> None:
    first, ahead = (step for step in plan_of(database, ask) if "alerts" in step)
    assert first.endswith("ix_alerts_resolved_at_severity (resolved_at>? AND resolved_at<?)")
    assert ahead.endswith("ix_alerts_resolved_at_severity (resolved_at>?)")


@pytest.mark.parametrize(
    "ask",
    [
        lambda connection: scores.costliest_hosts(connection, WINDOW, FLEET, 10),
        lambda connection: scores.costliest_alerts(connection, WINDOW, FLEET, 10),
        lambda connection: scores.costliest_alerts(connection, WINDOW, Scope(monitor_id=1), 10),
    ],
)
def test_only_open_alerts_and_those_of_the_window_are_looked_at(
    database: Database, ask: Callable[[Connection], object]
) -> None:
    open_, resolved = (step for step in plan_of(database, ask) if "alerts" in step)
    assert open_.endswith("ix_alerts_status_severity_suppressed (status=?)")
    assert resolved.endswith("ix_alerts_resolved_at_severity (resolved_at>?)")
