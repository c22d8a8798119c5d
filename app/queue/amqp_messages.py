"""Messages in RabbitMQ, everything else in Redis."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from amqp import Message

from app.queue.amqp_connections import AmqpConnections
from app.queue.connection import Broker
from app.queue.events import EventLog
from app.queue.keys import QUEUES
from app.queue.publisher import MESSAGE_BATCH_SIZE, body, headers
from app.queue.queue_lengths import QueueLengths, QueueSnapshot
from app.queue.workers import WorkerRegistry
from app.rules.live_events import Event


def amqp_message(type: str, task_id: str) -> Message:
    """Return a task's message, marked as persistent."""
    return Message(
        body(task_id),
        content_type="application/json",
        content_encoding="utf-8",
        correlation_id=task_id,
        delivery_mode=2,
        application_headers=headers(type, task_id),
    )


class AmqpPublisher:
    """Publishes to RabbitMQ's queues, whose content cannot be read, only counted."""

    def __init__(self, connections: AmqpConnections, events: EventLog, registry: WorkerRegistry) -> None:
        self._connections = connections
        self._events = events
        self._registry = registry

    def publish(self, tasks: Sequence[tuple[str, str]], events: Sequence[Event] = ()) -> None:
        """Publish the messages of these (type, task id), after `events`; see Publisher."""
        self._events.add(events)
        for start in range(0, len(tasks), MESSAGE_BATCH_SIZE):
            chunk = tasks[start : start + MESSAGE_BATCH_SIZE]
            with self._connections.use() as line:
                line.publish([(QUEUES[type_], amqp_message(type_, task_id)) for type_, task_id in chunk])

    def withdraw(self, tasks: Iterable[tuple[str, str]]) -> None:
        """Do nothing: a worker refuses a message that arrives after its task was cancelled."""

    def lost(self, type: str, task_ids: Sequence[str]) -> list[str]:
        """Return these tasks when fewer messages are waiting than expected. Raises BrokerUnavailable.

        A busy worker holds as many unacknowledged messages as it has slots; they do not count as waiting. When more
        than that are missing, or none is waiting, each task gets another message. A duplicate is refused when a worker
        takes it, so the queue is never shorter than it should be.
        """
        with self._connections.use() as line:
            waiting = line.count(QUEUES[type])
        held = sum(int(worker["concurrency"]) for worker in self._registry.alive())
        return [*task_ids] if waiting == 0 or len(task_ids) - waiting > held else []


class AmqpLengths(QueueLengths):
    """Counts the waiting messages in RabbitMQ, and the dead letters in Redis."""

    def __init__(self, connections: AmqpConnections, broker: Broker) -> None:
        super().__init__(broker)
        self._connections = connections

    def read(self) -> dict[str, int]:
        """Return the length of each type's queue and of the dead letters."""
        return super().read() | self._counts()

    def ping(self) -> None:
        """Ask RabbitMQ whether it is available."""
        with self._connections.use() as line:
            line.count(next(iter(QUEUES.values())))

    def next_ids(self) -> list[str] | None:
        """Return None: RabbitMQ shows its next message only to the consumer that takes it."""
        return None

    def snapshot(self) -> QueueSnapshot:
        """Return the length of each type's queue, and the Redis keys that should be lists but are not."""
        return replace(super().snapshot(), lengths=self._counts())

    def _counts(self) -> dict[str, int]:
        with self._connections.use() as line:
            return {type_: line.count(queue) for type_, queue in QUEUES.items()}
