"""Chooses what carries the messages: Redis, or RabbitMQ beside it."""

from dataclasses import dataclass

from app.queue.connection import Broker
from app.queue.events import EventLog
from app.queue.publisher import Publisher, RedisPublisher
from app.queue.queue_lengths import QueueLengths
from app.queue.workers import WorkerRegistry


@dataclass(frozen=True, slots=True)
class MessageBroker:
    """The publisher and the queue lengths of the chosen broker."""

    publisher: Publisher
    lengths: QueueLengths
    are_withdrawn: bool = True
    """Whether the message of a cancelled task can be removed."""


def choose_broker(amqp_url: str, broker: Broker, events: EventLog, registry: WorkerRegistry) -> MessageBroker:
    """Return the broker at this RabbitMQ URL, or Redis without one; nothing connects yet."""
    if not amqp_url:
        return MessageBroker(RedisPublisher(broker), QueueLengths(broker))
    # Imported here: without RabbitMQ its library need not be loaded.
    from app.queue.amqp_connections import AmqpConnections  # noqa: PLC0415
    from app.queue.amqp_messages import AmqpLengths, AmqpPublisher  # noqa: PLC0415

    connections = AmqpConnections(amqp_url)
    return MessageBroker(
        AmqpPublisher(connections, events, registry), AmqpLengths(connections, broker), are_withdrawn=False
    )
