"""Records tasks in the transaction that causes them, and publishes them after it commits."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import Connection
from uuid_utils import uuid7

from app import clock, tracing
from app.enums import TaskState, TaskType
from app.rules.live_events import task_event
from app.rules.task_params.base import TaskParams
from app.services.ledger.message_relay import MessageRelay
from app.services.ledger.task_events import TaskEvents
from app.store.ledger import task_runs

Entry = Mapping[str, Any]
MAX_RETRIES = 3
MAX_REMEMBERED = 10_000
"""How many scheduled tasks an outbox remembers between `record` and `publish`; those of a rollback stay until then."""


def new_task_id(type: TaskType) -> str:
    """Return an id for a new task."""
    return f"{type}:{uuid7()}"


class About(TypedDict, total=False):
    """What the ledger stores about a task besides its parameters."""

    monitor_id: int | None
    """If set, the task counts towards the tasks that the monitor runs in parallel."""
    fingerprint: str | None
    parent_id: str | None
    requested_by: int | None


def new_entry(task_id: str, params: TaskParams, run_at: datetime | None = None, **about: Unpack[About]) -> Entry:
    """Return the ledger row of a new task, which belongs to the current span.

    It is due at `run_at`, or at once if that is None or has passed.
    """
    now = clock.now()
    due_at = run_at if run_at is not None and run_at > now else None
    return {
        "id": task_id,
        "type": _type_of(task_id),
        "state": TaskState.QUEUED,
        "params": params.dump(),
        **NOTHING_MORE,
        **about,
        "max_retries": MAX_RETRIES,
        "created_at": now,
        "published_at": due_at or now,
        "next_run_at": due_at,
        "traceparent": tracing.traceparent(),
    }


NOTHING_MORE = dict.fromkeys(About.__annotations__)


class Outbox:
    """First `record`, then commit, then `publish`: a recorded task runs even if the process dies in between."""

    def __init__(self, relay: MessageRelay, events: TaskEvents) -> None:
        self._relay = relay
        self._events = events
        self._scheduled: dict[str, datetime] = {}

    def record(
        self,
        connection: Connection,
        task_id: str,
        params: TaskParams,
        run_at: datetime | None = None,
        **about: Unpack[About],
    ) -> None:
        """Record a task; with `run_at` it waits without a message, and recovery publishes it when it is due."""
        with tracing.span(f"record {_type_of(task_id)}", {"nagare.task_id": task_id}):
            entry = new_entry(task_id, params, run_at, **about)
            task_runs.add(connection, [entry])
        self.remember(entry)

    def record_all(self, connection: Connection, entries: Sequence[Entry]) -> None:
        """Record tasks that `new_entry` made."""
        with tracing.span("record tasks", {"nagare.tasks": len(entries)}):
            task_runs.add(connection, entries)
        for entry in entries:
            self.remember(entry)

    def remember(self, entry: Entry) -> None:
        """Note that `publish` leaves a recorded entry out if it is scheduled.

        One that is forgotten gets its message too early, which no worker runs.
        """
        if entry["next_run_at"] is None:
            return
        if len(self._scheduled) >= MAX_REMEMBERED:
            self._scheduled.clear()
        self._scheduled[entry["id"]] = entry["next_run_at"]

    def publish(self, recorded: Mapping[str, int | None]) -> None:
        """Push the messages of tasks and publish their events; `recorded` maps each id to the recorded `monitor_id`.

        A scheduled task has an event and no message. A failure here only delays the tasks: recovery publishes what did
        not arrive.
        """
        scheduled = {task_id: at for task_id in recorded if (at := self._scheduled.pop(task_id, None)) is not None}
        due = {task_id: monitor_id for task_id, monitor_id in recorded.items() if task_id not in scheduled}
        if scheduled:
            self._events.changed(_queued(task_id, recorded[task_id], at) for task_id, at in scheduled.items())
        tasks = [(_type_of(task_id), task_id) for task_id in due]
        self._relay.publish(tasks, [task_event(_queued(task_id, monitor_id)) for task_id, monitor_id in due.items()])


def _queued(task_id: str, monitor_id: int | None, next_run_at: datetime | None = None) -> dict[str, Any]:
    """Return the row of a task that has just been recorded, with the fields that its event needs."""
    return {
        "task_id": task_id,
        "type": _type_of(task_id),
        "state": TaskState.QUEUED,
        "monitor_id": monitor_id,
        "attempts": 0,
        "next_run_at": next_run_at,
    }


def _type_of(task_id: str) -> str:
    return task_id.partition(":")[0]
