"""What an event says, and who wants to hear of it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.enums import AlertEventKind, TaskState
from app.rules.live_events import ERROR_LENGTH, EventFilter, alert_event, task_event

TASK: dict[str, Any] = {
    "task_id": "pull_hosts:1",
    "type": "pull_hosts",
    "state": TaskState.RUNNING,
    "monitor_id": 7,
    "attempts": 1,
}
ALERT = {"kind": AlertEventKind.FIRED, "id": 3, "monitor_id": 7, "host_id": None, "severity": 2, "status": 0}


@pytest.mark.parametrize(
    ("state", "name"),
    [
        (TaskState.QUEUED, "task.queued"),
        (TaskState.RUNNING, "task.started"),
        (TaskState.RETRYING, "task.retrying"),
        (TaskState.SUCCEEDED, "task.succeeded"),
        (TaskState.DEAD, "task.dead"),
        (TaskState.CANCELLED, "task.cancelled"),
    ],
)
def test_an_event_is_named_after_the_state(state: TaskState, name: str) -> None:
    assert task_event({**TASK, "state": state})["event"] == name


def test_an_event_tells_what_there_is_to_tell_and_no_more() -> None:
    at = datetime(2026, 1, 31, 12, tzinfo=UTC)
    row = {**TASK, "next_run_at": at, "error": "拒" * 9000, "reason": None, "params": {"secret": "x"}, "history": []}
    task = task_event(row)["task"]
    assert task["progress"] == {"done": 0, "total": None, "message": ""}
    assert task["next_run_at"] == "2026-01-31T12:00:00Z"
    assert task["error"] == "拒" * ERROR_LENGTH
    assert not {"reason", "params", "history", "result"} & {*task}


def test_an_alert_s_event_has_nothing_of_its_text() -> None:
    event = alert_event({**ALERT, "message": "disk full", "comment": "…"})
    assert event == {"event": "alert.fired", "alert": {name: ALERT[name] for name in ALERT if name != "kind"}}


@pytest.mark.parametrize(
    ("wanted", "task", "alert"),
    [
        ({}, True, True),
        ({"monitor_id": 7}, True, True),
        ({"monitor_id": 8}, False, False),
        ({"type": "pull_hosts"}, True, False),
        ({"type": "pull_items"}, False, False),
        ({"task_id": "pull_hosts:1"}, True, False),
        ({"task_id": "pull_hosts:1", "monitor_id": 8}, False, False),
    ],
)
def test_filters(wanted: dict[str, Any], task: bool, alert: bool) -> None:
    chosen = EventFilter(**wanted)
    assert (chosen.admits(task_event(TASK)), chosen.admits(alert_event(ALERT))) == (task, alert)
