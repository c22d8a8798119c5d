"""Records tasks in the transaction that causes them, and publishes them after it commits."""

from collections.abc import Mapping
from typing import Any, TypedDict, Unpack

from sqlalchemy import Connection
from uuid_utils import uuid7

from app import clock, tracing
from app.enums import TaskState, TaskType
from app.rules.live_events import task_event
from app.rules.task_params.base import TaskParams
from app.services.ledger.message_relay import MessageRelay
from app.store.ledger import task_runs

Entry = Mapping[str, Any]
MAX_RETRIES = 3


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


def new_entry(task_id: str, params: TaskParams, **about: Unpack[About]) -> Entry:
    """Return the ledger row of a new task, which belongs to the current span."""
    now = clock.now()
    return {
        "id": task_id,
        "type": _type_of(task_id),
        "state": TaskState.QUEUED,
        "params": params.dump(),
        **NOTHING_MORE,
        **about,
        "max_retries": MAX_RETRIES,
        "created_at": now,
        "published_at": now,
        "traceparent": tracing.traceparent(),
    }


NOTHING_MORE = dict.fromkeys(About.__annotations__)


class Outbox:
    """First `record`, then commit, then `publish`: a recorded task runs even if the process dies in between."""

    def __init__(self, relay: MessageRelay) -> None:
        self._relay = relay

    def record(self, connection: Connection, task_id: str, params: TaskParams, **about: Unpack[About]) -> None:
        """Record a task."""
        with tracing.span(f"record {_type_of(task_id)}", {"nagare.task_id": task_id}):
            task_runs.add(connection, [new_entry(task_id, params, **about)])

    def publish(self, recorded: Mapping[str, int | None]) -> None:
        """Push the messages of tasks and publish their events; `recorded` maps each id to the recorded `monitor_id`.

        A failure here only delays the tasks: recovery publishes what did not arrive.
        """
        tasks = [(_type_of(task_id), task_id) for task_id in recorded]
        events = [task_event(_queued(task_id, monitor_id)) for task_id, monitor_id in recorded.items()]
        self._relay.publish(tasks, events)


def _queued(task_id: str, monitor_id: int | None) -> dict[str, Any]:
    """Return the row of a task that has just been recorded, with the fields that its event needs."""
    type_ = _type_of(task_id)
    return {"task_id": task_id, "type": type_, "state": TaskState.QUEUED, "monitor_id": monitor_id, "attempts": 0}


def _type_of(task_id: str) -> str:
    return task_id.partition(":")[0]
