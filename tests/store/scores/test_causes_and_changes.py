"""What the causes and the changes of the score cost the database, however long the history of alerts is."""

from datetime import timedelta

import pytest

from app.enums import AlertEventKind, ScoreCause
from app.store.alerts.scores import FLEET, Scope, Window
from app.store.database.engine import Database
from app.store.scores import causes, changes
from tests.services.alert_rows import add_alert, add_event
from tests.store.plans import plan_of
from tests.store.rows import NOW, add_monitor

WINDOW = Window(NOW, 24 * 3600)
ALERTS = "alerts USING INDEX"


@pytest.mark.parametrize("by", list(ScoreCause))
@pytest.mark.parametrize("scope", [FLEET, Scope(monitor_id=1)])
def test_causes_are_found_among_open_alerts_and_those_of_the_window(
    database: Database, by: ScoreCause, scope: Scope
) -> None:
    steps = plan_of(database, lambda connection: causes.fetch(connection, WINDOW, scope, by, 10))
    open_, resolved = (step for step in steps if ALERTS in step)
    assert open_.endswith("ix_alerts_status_severity_suppressed (status=?)")
    assert resolved.endswith("ix_alerts_resolved_at_severity (resolved_at>?)")


def test_events_of_a_time_are_found_without_reading_the_others(database: Database) -> None:
    with database.transaction() as connection:
        add_event(connection, add_alert(connection, add_monitor(connection)))
    kinds, before = [AlertEventKind.FIRED], NOW + timedelta(days=36_500)
    steps = plan_of(database, lambda connection: changes.events(connection, kinds, NOW, before, 10, 1))
    assert all("SEARCH" in step or "SCAN CONSTANT ROW" in step for step in steps if "SUBQUERY" not in step), steps


def test_failed_pulls_are_found_by_the_time_of_their_end(database: Database) -> None:
    step, *_ = plan_of(database, lambda connection: changes.failed_pulls(connection, NOW, NOW, 10, 1))
    assert "ix_task_runs_finished_at (finished_at>? AND finished_at<?)" in step
