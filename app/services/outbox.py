"""Records tasks in the transaction of what asks for them, and publishes them after its commit."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy import Connection
from uuid_utils import uuid7

from app import clock, tracing
from app.enums import TaskState, TaskType
from app.errors import BrokerUnavailable, DatabaseUnavailable
from app.queue.publisher import Publisher
from app.rules.live_events import Event, task_event
from app.store import task_messages, task_runs
from app.store.engine import Database

log = structlog.get_logger()
MAX_RETRIES = 3


def new_task_id(type: TaskType) -> str:
    """Return an id for a task to be recorded."""
    return f"{type}:{uuid7()}"


class Outbox:
    """First `record`, then commit, then `publish`: a task that was recorded runs, whatever happens in between."""

    def __init__(self, database: Database, publisher: Publisher) -> None:
        self._database = database
        self._publisher = publisher

    def record(
        self,
        connection: Connection,
        task_id: str,
        params: Mapping[str, Any],
        *,
        monitor_id: int | None = None,
        fingerprint: str | None = None,
        parent_id: str | None = None,
        requested_by: int | None = None,
    ) -> None:
        """Record a task. With `monitor_id` it counts among those of which the monitor runs only so many at once."""
        now = clock.now()
        type_ = task_id.partition(":")[0]
        with tracing.span(f"record {type_}", {"nagare.task_id": task_id}):
            task_runs.add(
                connection,
                {
                    "id": task_id,
                    "type": type_,
                    "state": TaskState.QUEUED,
                    "params": params,
                    "fingerprint": fingerprint,
                    "monitor_id": monitor_id,
                    "parent_id": parent_id,
                    "requested_by": requested_by,
                    "max_retries": MAX_RETRIES,
                    "created_at": now,
                    "published_at": now,
                    "traceparent": tracing.traceparent(),
                },
            )

    def publish(self, task_ids: Sequence[str], monitor_id: int | None = None) -> None:
        """Push the messages, and tell of the tasks; `monitor_id` is that of all of them where it is known.

        What goes wrong here only delays the tasks: the recovery publishes what did not arrive.
        """
        if not task_ids:
            return
        tasks = [(task_id.partition(":")[0], task_id) for task_id in task_ids]
        try:
            with tracing.span("publish", {"messaging.batch.message_count": len(task_ids)}, "producer"):
                self._publisher.publish(tasks, self._events(task_ids, monitor_id))
        except BrokerUnavailable as error:
            log.warning("publish.later", task_ids=task_ids, error=str(error))
            try:
                with self._database.transaction() as connection:
                    task_messages.mark_unpublished(connection, task_ids)
            except DatabaseUnavailable as unavailable:
                log.warning("publish.later", task_ids=task_ids, error=str(unavailable))

    def _events(self, task_ids: Sequence[str], monitor_id: int | None) -> list[Event]:
        if monitor_id is not None:
            return [task_event(_queued(task_id, monitor_id)) for task_id in task_ids]
        try:
            with self._database.reading() as connection:
                return [task_event(run) for run in task_runs.find_many(connection, task_ids)]
        except DatabaseUnavailable:
            return []


def _queued(task_id: str, monitor_id: int) -> dict[str, Any]:
    """Return the row of a task that has just been recorded, as far as it is told."""
    type_ = task_id.partition(":")[0]
    return {"task_id": task_id, "type": type_, "state": TaskState.QUEUED, "monitor_id": monitor_id, "attempts": 0}
