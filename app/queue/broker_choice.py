"""Chooses the broker that carries the messages: Redis, or RabbitMQ beside it."""

from dataclasses import dataclass

from app.queue.connection import Broker
from app.queue.events import EventLog
from app.queue.publisher import Publisher, RedisPublisher
from app.queue.queue_lengths import QueueLengths
from app.queue.workers import WorkerRegistry


@dataclass(frozen=True, slots=True)
class MessageBroker:
    """Publishes messages and counts those that wait."""

    publisher: Publisher
    lengths: QueueLengths
    are_withdrawn: bool = True
    """Whether the message of a task that is cancelled can be taken back."""


def choose_broker(amqp_url: str, broker: Broker, events: EventLog, registry: WorkerRegistry) -> MessageBroker:
    """Return RabbitMQ at this address, or Redis without one; nothing connects yet."""
    if not amqp_url:
        return MessageBroker(RedisPublisher(broker), QueueLengths(broker))
    # Not at the top: an instance without RabbitMQ does not load its client.
    from app.queue.amqp_connections import AmqpConnections  # noqa: PLC0415
    from app.queue.amqp_messages import AmqpLengths, AmqpPublisher  # noqa: PLC0415

    connections = AmqpConnections(amqp_url)
    return MessageBroker(
        AmqpPublisher(connections, events, registry), AmqpLengths(connections, broker), are_withdrawn=False
    )
