"""Messages in RabbitMQ, and everything else in Redis."""

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
    """Return a task's message, which RabbitMQ keeps on its disk."""
    return Message(
        body(task_id),
        content_type="application/json",
        content_encoding="utf-8",
        correlation_id=task_id,
        delivery_mode=2,
        application_headers=headers(type, task_id),
    )


class AmqpPublisher:
    """A publisher into the queues of RabbitMQ, of which nobody can say what is in them, only how much."""

    def __init__(self, connections: AmqpConnections, events: EventLog, registry: WorkerRegistry) -> None:
        self._connections = connections
        self._events = events
        self._registry = registry

    def publish(self, tasks: Sequence[tuple[str, str]], events: Sequence[Event] = ()) -> None:
        """Publish the messages of these (type, task id), after `events`: see Publisher."""
        self._events.add(events)
        for start in range(0, len(tasks), MESSAGE_BATCH_SIZE):
            chunk = tasks[start : start + MESSAGE_BATCH_SIZE]
            with self._connections.use() as line:
                line.publish([(QUEUES[type_], amqp_message(type_, task_id)) for type_, task_id in chunk])

    def withdraw(self, tasks: Iterable[tuple[str, str]]) -> None:
        """Do nothing: a message that arrives after its task was cancelled is none of a worker's business."""

    def lost(self, type: str, task_ids: Sequence[str]) -> list[str]:
        """Return these tasks when fewer messages wait than can be explained. Raises BrokerUnavailable.

        A busy worker holds messages that do not count as waiting, as many as it has slots. While more than that are
        missing, or none waits at all, each gets another message: a second one of the same task is refused when it is
        taken, and the queue is then no shorter than it should be.
        """
        with self._connections.use() as line:
            waiting = line.count(QUEUES[type])
        held = sum(int(worker["concurrency"]) for worker in self._registry.alive())
        return [*task_ids] if waiting == 0 or len(task_ids) - waiting > held else []


class AmqpLengths(QueueLengths):
    """Counts the messages that wait in RabbitMQ, and the dead letters in Redis."""

    def __init__(self, connections: AmqpConnections, broker: Broker) -> None:
        super().__init__(broker)
        self._connections = connections

    def read(self) -> dict[str, int]:
        """Return each type's length and that of the dead letters."""
        return super().read() | self._counts()

    def ping(self) -> None:
        """Ask RabbitMQ whether it is there."""
        with self._connections.use() as line:
            line.count(next(iter(QUEUES.values())))

    def next_ids(self) -> list[str] | None:
        """Return None: RabbitMQ hands out what is next to those only that take it."""
        return None

    def snapshot(self) -> QueueSnapshot:
        """Return each type's length, and what stands in Redis where lists should be."""
        return replace(super().snapshot(), lengths=self._counts())

    def _counts(self) -> dict[str, int]:
        with self._connections.use() as line:
            return {type_: line.count(queue) for type_, queue in QUEUES.items()}
