"""Builds the services of tasks."""

from dataclasses import dataclass

from app.composition.resources import Resources
from app.queue.events import EventLog
from app.rules.retry import RetryPolicy
from app.services.ledger.dead_letters import DeadLetterService
from app.services.ledger.event_feed import EventFeed
from app.services.ledger.malformed_messages import MalformedMessages
from app.services.ledger.message_relay import MessageRelay
from app.services.ledger.outbox import Outbox
from app.services.ledger.queues import QueueService
from app.services.ledger.schedules import ScheduleService
from app.services.ledger.submit import SubmitService
from app.services.ledger.syncs import SyncService
from app.services.ledger.task_events import TaskEvents
from app.services.ledger.task_lifecycle import TaskLifecycle
from app.services.ledger.task_watch import TaskWatch
from app.services.ledger.tasks import TaskService


@dataclass(frozen=True)
class Ledger:
    """The life of tasks: submission, retries and schedules; queues, dead letters and events."""

    relay: MessageRelay
    outbox: Outbox
    task_events: TaskEvents
    lifecycle: TaskLifecycle
    submit: SubmitService
    tasks: TaskService
    feed: EventFeed
    task_watch: TaskWatch
    dead_letters: DeadLetterService
    malformed_messages: MalformedMessages
    queues: QueueService
    schedules: ScheduleService
    syncs: SyncService


def build_ledger(resources: Resources) -> Ledger:
    """Build the services of tasks."""
    settings, database, queue = resources.settings, resources.database, resources.queue
    relay = MessageRelay(database, queue.publisher)
    task_events = TaskEvents(queue.events)
    outbox = Outbox(relay, task_events)
    policy = RetryPolicy(settings.retry_base_s, settings.retry_cap_s)
    lifecycle = TaskLifecycle(database, relay, queue.dead_letter_list, policy, task_events)
    tasks = TaskService(database, queue.publisher, task_events)
    feed = EventFeed(EventLog(resources.listening))
    return Ledger(
        relay=relay,
        outbox=outbox,
        task_events=task_events,
        lifecycle=lifecycle,
        submit=SubmitService(database, outbox),
        tasks=tasks,
        feed=feed,
        task_watch=TaskWatch(tasks, feed),
        dead_letters=DeadLetterService(database, relay, queue.dead_letter_list),
        malformed_messages=MalformedMessages(database, queue.malformed_elements, queue.dead_letter_list),
        queues=QueueService(database, queue.lengths, queue.workers, are_withdrawn=queue.are_withdrawn),
        schedules=ScheduleService(database, outbox),
        syncs=SyncService(database, outbox, lifecycle),
    )
