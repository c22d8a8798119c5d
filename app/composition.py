"""The composition root: builds everything once a process, after the fork."""

from dataclasses import dataclass

from app.channels.sender import Courier
from app.connectors.registry import open_connector
from app.queue.broker_choice import make_carrier
from app.queue.connection import Broker, connect
from app.queue.dead_letters import DeadLetterList
from app.queue.event_buffer import EventBuffer
from app.queue.events import EventLog
from app.queue.malformed_elements import MalformedElements
from app.queue.metric_sums import MeasureStore
from app.queue.server_discovery import RedisPlace, find_place
from app.queue.stream_tickets import Tickets
from app.queue.workers import WorkerRegistry
from app.rules.retry import RetryPolicy
from app.services.access.api_tokens import ApiTokenService
from app.services.access.audit import AuditService
from app.services.access.auth import AuthService
from app.services.access.users import UserService
from app.services.alerts.alert_actions import AlertActions
from app.services.alerts.alert_event_relay import AlertNews
from app.services.alerts.alert_intake import AlertIntake
from app.services.alerts.alert_pulls import AlertPullService
from app.services.alerts.alerts import AlertService
from app.services.alerts.maintenance import MaintenanceService
from app.services.alerts.scores import ScoreService
from app.services.alerts.suppression import Suppression
from app.services.alerts.webhook_intake import DeliveryService
from app.services.alerts.webhook_quotas import WebhookQuotas
from app.services.alerts.webhooks import WebhookService
from app.services.inventory.inventory import InventoryService
from app.services.inventory.item_values import ItemValues
from app.services.inventory.monitor_connections import Conversations
from app.services.inventory.monitors import MonitorService
from app.services.inventory.pulls import PullService
from app.services.inventory.pushes import PushService
from app.services.inventory.search_index import TextService
from app.services.ledger.dead_letters import DeadLetterService
from app.services.ledger.event_feed import WAIT_MS, EventFeed
from app.services.ledger.malformed_messages import StrayService
from app.services.ledger.outbox import Outbox
from app.services.ledger.queues import QueueService
from app.services.ledger.recovery import Recovery
from app.services.ledger.schedules import ScheduleService
from app.services.ledger.submit import SubmitService
from app.services.ledger.syncs import SyncService
from app.services.ledger.task_events import TaskEvents
from app.services.ledger.task_lifecycle import TaskLifecycle
from app.services.ledger.task_watch import TaskWatch
from app.services.ledger.tasks import TaskService
from app.services.operation.health import HealthService
from app.services.operation.metrics import MetricsService
from app.services.operation.retention import Retention
from app.services.operation.secret_rotation import SealingService
from app.services.response.notification_delivery import Messenger
from app.services.response.notifications import NotificationService
from app.services.response.notifier import Notifier
from app.settings import Settings
from app.store.database.engine import Database
from app.store.database.postgresql_options import Sessions
from app.store.database.vault import Vault
from app.store.operation.due_work import Due

LISTENING_TIMEOUT_S = 2 * WAIT_MS / 1000


@dataclass(frozen=True)
class Services:
    """All use cases, wired to one database and one Redis."""

    settings: Settings
    database: Database
    broker: Broker
    listening: Broker
    registry: WorkerRegistry
    events: EventLog
    feed: EventFeed
    tickets: Tickets
    task_watch: TaskWatch
    malformed: MalformedElements
    auth: AuthService
    api_tokens: ApiTokenService
    users: UserService
    monitors: MonitorService
    inventory: InventoryService
    audit: AuditService
    item_values: ItemValues
    pulls: PullService
    pushes: PushService
    alerts: AlertService
    alert_actions: AlertActions
    alert_pulls: AlertPullService
    deliveries: DeliveryService
    webhooks: WebhookService
    maintenance: MaintenanceService
    notifications: NotificationService
    notifier: Notifier
    messenger: Messenger
    scores: ScoreService
    sealing: SealingService
    schedules: ScheduleService
    syncs: SyncService
    submit: SubmitService
    tasks: TaskService
    dead_letters: DeadLetterService
    queues: QueueService
    health: HealthService
    metrics: MetricsService
    lifecycle: TaskLifecycle
    strays: StrayService
    recovery: Recovery

    def close(self) -> None:
        """Close all connections."""
        self.feed.close()
        self.metrics.close()
        self.events.flush()
        self.database.close()
        self.listening.close()
        self.broker.close()


def build(
    settings: Settings,
    *,
    durable: bool = True,
    pooled: bool = True,
    are_events_gathered: bool = False,
    name: str = "nagare",
) -> Services:
    """Wire all services; nothing connects before it is used. `durable` and `pooled` are those of `Database`.

    `name` is what PostgreSQL shows of who is connected. `are_events_gathered` is for a process that tells of much and
    does not fork: see `EventBuffer`. Raises SettingsError without a secret key.
    """
    sessions = Sessions(name, settings.database_pool, settings.statement_timeout_s, settings.database_pooler)
    database = Database(settings.sql_url, durable=durable, pooled=pooled, sessions=sessions)
    place = redis_place(settings)
    broker, listening = connect(place), connect(place, LISTENING_TIMEOUT_S)
    events = EventBuffer(broker) if are_events_gathered else EventLog(broker)
    return wire(settings, database, broker, listening=listening, events=events)


def redis_place(settings: Settings) -> RedisPlace:
    """Return where Redis is."""
    return find_place(settings.broker_url, settings.sentinel_master, settings.sentinel_password.get_secret_value())


def wire(
    settings: Settings,
    database: Database,
    broker: Broker,
    *,
    listening: Broker | None = None,
    events: EventLog | None = None,
) -> Services:
    """Wire all services to this database and this Redis; `listening` is the same Redis with more patience."""
    listening = listening or broker
    events = events or EventLog(broker)
    task_events = TaskEvents(events)
    vault = Vault(*settings.secret_keys())
    registry = WorkerRegistry(broker)
    carrier = make_carrier(settings.amqp_url.get_secret_value(), broker, events, registry)
    publisher, lengths = carrier.publisher, carrier.lengths
    outbox = Outbox(database, publisher)
    dead_letter_list = DeadLetterList(broker)
    malformed = MalformedElements(broker)
    strays = StrayService(database, malformed, dead_letter_list)
    conversations = Conversations(database, vault, open_connector)
    item_values = ItemValues(database, settings.values_hours)
    pulls = PullService(database, conversations, item_values)
    policy = RetryPolicy(settings.retry_base_s, settings.retry_cap_s)
    lifecycle = TaskLifecycle(database, publisher, dead_letter_list, policy, task_events)
    tasks = TaskService(database, publisher, task_events)
    feed = EventFeed(EventLog(listening))
    deliveries = DeliveryService(database, outbox, AlertIntake())
    courier = Courier()
    scores = ScoreService(database, window_h=settings.score_window_h, history_days=settings.history_days)
    schedules = ScheduleService(database, outbox)
    syncs = SyncService(database, outbox, lifecycle)
    notifier = Notifier(database, outbox, settings.history_days)
    metrics = MetricsService(database, broker, MeasureStore(broker), lengths)
    retention = Retention(
        database,
        history_days=settings.history_days,
        alert_days=settings.alert_days,
        audit_days=settings.audit_days,
        score_window_h=settings.score_window_h,
    )
    recovery = Recovery(
        database,
        publisher,
        lengths,
        dead_letter_list,
        registry,
        lifecycle,
        strays,
        lease_s=settings.lease_s,
        chores={
            Due.SUPPRESSION: Suppression(database).turn,
            Due.DELIVERIES: deliveries.turn,
            Due.NOTIFICATIONS: notifier.turn,
            Due.SYNCS: syncs.turn,
            Due.SCHEDULES: schedules.turn,
            Due.TEXTS: TextService(database).turn,
        },
        timed_chores=(
            notifier.prune,
            scores.turn,
            item_values.turn,
            retention.turn,
            metrics.forget_gone,
            AlertNews(database, events).turn,
        ),
    )
    return Services(
        settings=settings,
        database=database,
        broker=broker,
        listening=listening,
        registry=registry,
        events=events,
        feed=feed,
        tickets=Tickets(broker),
        malformed=malformed,
        auth=AuthService(database),
        api_tokens=ApiTokenService(database),
        users=UserService(database),
        monitors=MonitorService(database, vault, conversations, open_connector, task_events),
        inventory=InventoryService(database),
        audit=AuditService(database),
        item_values=item_values,
        pulls=pulls,
        pushes=PushService(database, conversations, pulls),
        alerts=AlertService(database),
        alert_actions=AlertActions(database, outbox),
        alert_pulls=AlertPullService(database, conversations, AlertIntake()),
        deliveries=deliveries,
        webhooks=WebhookService(database, outbox, WebhookQuotas(settings.webhook_alerts_per_minute)),
        maintenance=MaintenanceService(database),
        notifications=NotificationService(database, vault, courier),
        notifier=notifier,
        messenger=Messenger(database, vault, courier),
        scores=scores,
        sealing=SealingService(database, vault),
        schedules=schedules,
        syncs=syncs,
        submit=SubmitService(database, outbox),
        tasks=tasks,
        task_watch=TaskWatch(tasks, feed),
        dead_letters=DeadLetterService(database, publisher, dead_letter_list),
        queues=QueueService(database, lengths, registry, are_withdrawn=carrier.are_withdrawn),
        health=HealthService(database, registry, lengths),
        metrics=metrics,
        lifecycle=lifecycle,
        strays=strays,
        recovery=recovery,
    )
