"""What carries the messages: Redis, or RabbitMQ beside it."""

from dataclasses import dataclass

from app.queue.connection import Broker
from app.queue.events import EventLog
from app.queue.publisher import Publisher, RedisPublisher
from app.queue.queue_lengths import QueueLengths
from app.queue.workers import WorkerRegistry


@dataclass(frozen=True, slots=True)
class Carrier:
    """The ways in, and what waits there."""

    publisher: Publisher
    lengths: QueueLengths
    are_withdrawn: bool = True
    """Whether the message of a task that is cancelled can be taken back."""


def make_carrier(amqp_url: str, broker: Broker, events: EventLog, registry: WorkerRegistry) -> Carrier:
    """Return the carrier at this address of RabbitMQ, or Redis without one; nothing connects yet."""
    if not amqp_url:
        return Carrier(RedisPublisher(broker), QueueLengths(broker))
    # Not above: who has no RabbitMQ need not load its library.
    from app.queue.amqp_connections import Lines  # noqa: PLC0415
    from app.queue.amqp_messages import AmqpLengths, AmqpPublisher  # noqa: PLC0415

    lines = Lines(amqp_url)
    return Carrier(AmqpPublisher(lines, events, registry), AmqpLengths(lines, broker), are_withdrawn=False)
