"""What all rooms share: the settings, the database, Redis and the queue's objects on it."""

from dataclasses import dataclass

from app.queue.broker_choice import choose_broker
from app.queue.connection import Broker
from app.queue.dead_letters import DeadLetterList
from app.queue.events import EventLog
from app.queue.malformed_messages import MalformedElements
from app.queue.publisher import Publisher
from app.queue.queue_lengths import QueueLengths
from app.queue.workers import WorkerRegistry
from app.settings import Settings
from app.store.database.engine import Database
from app.store.database.vault import Vault


@dataclass(frozen=True)
class Queue:
    """The queue's parts in Redis, and the broker that carries the messages."""

    events: EventLog
    workers: WorkerRegistry
    publisher: Publisher
    lengths: QueueLengths
    are_withdrawn: bool
    """Whether the message of a cancelled task can be removed from its queue."""
    dead_letter_list: DeadLetterList
    malformed_elements: MalformedElements


@dataclass(frozen=True)
class Resources:
    """The connections of a process. `listening` is the same Redis with a longer timeout, for blocking reads."""

    settings: Settings
    database: Database
    broker: Broker
    listening: Broker
    queue: Queue
    vault: Vault


def build_queue(settings: Settings, broker: Broker, events: EventLog) -> Queue:
    """Build the queue; it connects on first use."""
    workers = WorkerRegistry(broker)
    chosen = choose_broker(settings.amqp_url.get_secret_value(), broker, events, workers)
    return Queue(
        events=events,
        workers=workers,
        publisher=chosen.publisher,
        lengths=chosen.lengths,
        are_withdrawn=chosen.are_withdrawn,
        dead_letter_list=DeadLetterList(broker),
        malformed_elements=MalformedElements(broker),
    )
