"""Live events, one per change, and the filter of a client."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.enums import TaskState

Event = Mapping[str, Any]
ERROR_LENGTH = 2000
MESSAGE_LENGTH = 500
STARTED = "started"
PROGRESS = "progress"
EXTRAS = ("worker", "next_run_at", "reason", "error", "result")
"""Fields that an event has only if they are set."""


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events a client wants; None matches everything."""

    task_id: str | None = None
    type: str | None = None
    monitor_id: int | None = None

    def admits(self, event: Event) -> bool:
        """Return whether the client wants this event. An alert belongs to no task."""
        about = event.get("task") or event.get("alert") or {}
        return (
            (self.task_id is None or about.get("task_id") == self.task_id)
            and (self.type is None or about.get("type") == self.type)
            and (self.monitor_id is None or about.get("monitor_id") == self.monitor_id)
        )


def task_event(row: Mapping[Any, Any], what: str | None = None) -> Event:
    """Return the event of a task, by default the one named after its state.

    The row has the columns of a task as the API shows it; progress, worker and outcome may be missing.
    """
    task = {name: row[name] for name in ("task_id", "type", "state", "monitor_id", "attempts")}
    message = str(row.get("progress_message") or "")
    task["progress"] = {
        "done": row.get("progress_done") or 0,
        "total": row.get("progress_total"),
        "message": message[:MESSAGE_LENGTH],
    }
    task |= {name: _plain(row[name]) for name in EXTRAS if row.get(name) is not None}
    what = what or (STARTED if row["state"] == TaskState.RUNNING else row["state"])
    return {"event": f"task.{what}", "task": task}


def alert_event(row: Mapping[Any, Any]) -> Event:
    """Return the event of one entry of an alert's history."""
    alert = {name: row[name] for name in ("id", "monitor_id", "host_id", "severity", "status")}
    return {"event": f"alert.{row['kind']}", "alert": alert}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value[:ERROR_LENGTH] if isinstance(value, str) else value
