"""What pages of lists cost the database, however many rows there are."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from sqlalchemy import Connection

from app.store.alerts import alert_labels, alerts
from app.store.database import search
from app.store.database.engine import Database
from app.store.database.pages import PageRequest
from app.store.inventory import items
from app.store.ledger import dead_letter_groups, dead_letters, task_runs
from app.store.ledger.dead_letters import LetterFilter
from app.store.selection import alert_candidates, alert_lists
from tests.store.plans import plan_of
from tests.store.rows import NOW, add_host, add_items, add_monitor, list_alerts

PAGE = PageRequest()


@pytest.mark.parametrize(
    ("given", "index"),
    [
        ({"status": 2}, "ix_alerts_status_id (status=?"),
        ({"status": (0, 1)}, "ix_alerts_status_id (status=?"),
        ({"monitor_id": 1}, "ix_alerts_monitor_id_"),
        ({"host_id": 1, "status": 0}, "ix_alerts_host_id_status_severity (host_id=?"),
        ({"severity": 2, "suppressed": False}, "ix_alerts_severity_id (severity=?"),
        ({"suppressed": True, "status": 0}, "ix_alerts_suppressed (suppressed=?"),
        ({"match": "team=pay"}, "PRIMARY KEY (pair_id=?"),
        ({"sort": "-started_at", "severity": 2}, "ix_alerts_began_at_id"),
        ({"sort": "-started_at", "status": (0, 1)}, "ix_alerts_open_began_at"),
        ({"sort": "last_seen_at", "status": 0}, "ix_alerts_open_last_seen_at"),
        ({"sort": "last_seen_at", "severity": 2}, "ix_alerts_last_seen_at_id"),
    ],
)
def test_a_page_of_alerts_is_read_by_an_index_and_never_sorted_whole(
    database: Database, monkeypatch: pytest.MonkeyPatch, given: Mapping[str, Any], index: str
) -> None:
    monkeypatch.setattr(alert_candidates, "FEW", -1)
    monkeypatch.setattr(alert_lists, "FEW", -1)
    with database.transaction() as connection:
        add_labelled_alert(connection)
    steps = plan_of(database, lambda connection: list_alerts(connection, **given))
    assert any(index in step for step in steps), steps
    # A part that begins with SCAN and no index reads all alerts; only what is already few is sorted.
    assert not [step for step in steps if step == "SCAN alerts"], steps


@pytest.mark.parametrize(
    ("given", "index"),
    [
        ({"type": "sync"}, "ix_task_runs_type_created_at_id (type=?)"),
        ({"type": "sync", "created_before": NOW}, "ix_task_runs_type_created_at_id (type=? AND created_at<?)"),
        ({"state": "running"}, "ix_task_runs_state_created_at_id (state=?)"),
        ({"state": "queued", "created_after": NOW}, "ix_task_runs_state_created_at_id (state=? AND created_at>?)"),
        ({"scheduled": True}, "ix_task_runs_state_created_at_id (state=?)"),
        ({}, "ix_task_runs_created_at_id"),
    ],
)
def test_a_page_of_tasks_is_read_in_its_order(database: Database, given: Mapping[str, Any], index: str) -> None:
    [step] = plan_of(database, lambda connection: task_runs.fetch(connection, PAGE, **given))
    assert step.endswith(index)


@pytest.mark.parametrize(
    "ask",
    [
        lambda connection: items.fetch(connection, PAGE, host_id=1, monitor_id=1, status=1),
        lambda connection: list_alerts(connection, host_id=1, monitor_id=1, status=2),
    ],
)
def test_of_a_host_only_its_own_rows_are_read(database: Database, ask: Callable[[Connection], object]) -> None:
    assert any("(host_id=?" in step for step in plan_of(database, ask))


def test_dead_letters_are_read_among_the_dead_only(database: Database) -> None:
    wanted = LetterFilter(type="sync", monitor_id=1, reason="timeout")
    step, *causes = plan_of(database, lambda connection: dead_letters.fetch(connection, PAGE, wanted))
    assert "ix_task_runs_dead" in step
    assert [each for each in causes if "SCAN" in each and "SUBQUERY" not in each] == []


def test_groups_of_dead_letters_read_the_dead_only_and_parts_by_their_parent(database: Database) -> None:
    steps = plan_of(database, lambda connection: dead_letter_groups.by_cause(connection, LetterFilter(monitor_id=1)))
    assert any("ix_task_runs_dead" in step for step in steps), steps
    assert any("ix_task_runs_parent_id (parent_id=?" in step for step in steps), steps
    assert "SCAN task_runs" not in steps


@pytest.mark.parametrize("q", ["needle", "磁盘空间"])
def test_a_text_is_found_by_its_index(database: Database, monkeypatch: pytest.MonkeyPatch, q: str) -> None:
    monkeypatch.setattr(search, "READ_BATCH_SIZE", 1)
    monkeypatch.setattr(search, "LONGEST_S", 60)
    with database.transaction() as connection:
        monitor_id = add_monitor(connection)
        add_items(connection, monitor_id, add_host(connection, monitor_id), "a", "b")
    steps = plan_of(database, lambda connection: items.fetch(connection, PAGE, q=q))
    assert any("VIRTUAL TABLE INDEX" in step for step in steps)
    assert steps[-1].endswith("INTEGER PRIMARY KEY (rowid=?)")


def add_labelled_alert(connection: Connection) -> None:
    row = {"source": "test", "external_id": "1", "message": "m", "severity": 2, "status": 0, "comment": ""}
    row |= {"monitor_id": add_monitor(connection), "first_seen_at": NOW, "last_seen_at": NOW}
    alert_labels.write(connection, [(alerts.add_new(connection, [row])[0], {"team": "pay"})])
