"""What the score costs the database, however long the history of alerts is."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import Connection, event

from app.store import scores
from app.store.engine import Database
from app.store.scores import FLEET, Scope, Window
from tests.store.rows import NOW

WINDOW = Window(NOW, 24 * 3600)


def plan_of(database: Database, ask: Callable[[Connection], object]) -> list[str]:
    """Return how SQLite looks for alerts."""
    asked: list[tuple[str, Sequence[Any]]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Sequence[Any], *_: object) -> None:
        asked.append((statement, parameters))

    with database.reading() as connection:
        event.listen(connection, "before_cursor_execute", note)
        ask(connection)
        event.remove(connection, "before_cursor_execute", note)
        driver: Any = connection.connection.driver_connection
        steps = [step[3] for each in asked for step in driver.execute(f"EXPLAIN QUERY PLAN {each[0]}", each[1])]
    return [step for step in steps if "alerts" in step]


@pytest.mark.parametrize(
    "ask",
    [
        lambda connection: scores.sums(connection, WINDOW),
        lambda connection: scores.sums(connection, WINDOW, Scope(monitor_id=1)),
        lambda connection: scores.sums_by_monitor(connection, WINDOW),
        lambda connection: scores.costliest_hosts(connection, WINDOW, FLEET, 10),
        lambda connection: scores.costliest_alerts(connection, WINDOW, FLEET, 10),
        lambda connection: scores.costliest_alerts(connection, WINDOW, Scope(monitor_id=1), 10),
    ],
)
def test_only_open_alerts_and_those_of_the_window_are_looked_at(
    database: Database, ask: Callable[[Connection], object]
) -> None:
    open_, resolved = plan_of(database, ask)
    assert open_.endswith("ix_alerts_status_severity_suppressed (status=?)")
    assert resolved.endswith("ix_alerts_resolved_at_severity (resolved_at>?)")
