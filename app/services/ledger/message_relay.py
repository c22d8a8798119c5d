"""Publishes the messages of tasks in the ledger, for all code that queues tasks."""

from collections.abc import Sequence

import structlog

from app import tracing
from app.errors import BrokerUnavailable, DatabaseUnavailable
from app.queue.publisher import Publisher
from app.rules.live_events import Event
from app.store.database.engine import Database
from app.store.ledger import task_messages

log = structlog.get_logger()
NAMED = 20
"""How many tasks a log line names."""


class MessageRelay:
    """Publishes after the commit; a failure here only delays the tasks."""

    def __init__(self, database: Database, publisher: Publisher) -> None:
        self._database = database
        self._publisher = publisher

    def publish(self, tasks: Sequence[tuple[str, str]], events: Sequence[Event] = ()) -> bool:
        """Publish the messages of these queued (type, task id), and events; return false if some may not have arrived.

        Raises nothing. If the broker is unavailable, the tasks are marked as unpublished, for the next run of recovery.
        If the database is unavailable too, they stay marked as published: recovery finds their messages missing when it
        compares the lists with the ledger.
        """
        if not tasks:
            return True
        try:
            with tracing.span("publish", {"messaging.batch.message_count": len(tasks)}, "producer"):
                self._publisher.publish(tasks, events)
        except BrokerUnavailable as error:
            task_ids = [task_id for _, task_id in tasks]
            log.warning("publish.later", count=len(tasks), task_ids=task_ids[:NAMED], error=str(error))
            self._mark_unpublished(task_ids)
            return False
        return True

    def _mark_unpublished(self, task_ids: Sequence[str]) -> None:
        try:
            with self._database.transaction() as connection:
                task_messages.mark_unpublished(connection, task_ids)
        except DatabaseUnavailable as error:
            log.warning("publish.not_marked", count=len(task_ids), task_ids=task_ids[:NAMED], error=str(error))
