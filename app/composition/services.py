"""All services of a process, by room, on one database and one Redis."""

from dataclasses import dataclass

from app.composition.access import Access, build_access
from app.composition.alerts import Alerts, build_alerts
from app.composition.console import Console, build_console
from app.composition.contacts import Contacts, build_contacts
from app.composition.inventory import Inventory, build_inventory
from app.composition.ledger import Ledger, build_ledger
from app.composition.liveness import Liveness, build_liveness
from app.composition.machines import Machines, build_machines
from app.composition.maintenance import Maintenance, build_maintenance
from app.composition.oncall import OnCall, build_on_call
from app.composition.operation import Operation, build_operation
from app.composition.paging import Paging, build_pager, build_paging
from app.composition.resources import Queue, Resources, build_queue
from app.composition.response import Response, build_response
from app.composition.triage import Triage, build_triage
from app.queue.connection import Broker, connect
from app.queue.event_buffer import EventBuffer
from app.queue.events import EventLog
from app.queue.server_discovery import RedisServer, find_server
from app.services.ledger.event_feed import WAIT_MS
from app.services.ledger.recovery import Recovery
from app.settings import Settings
from app.store.database.engine import Database
from app.store.database.postgresql_options import PostgresqlOptions
from app.store.database.vault import Vault
from app.store.operation.due_work import Due

LISTENING_TIMEOUT_S = 2 * WAIT_MS / 1000


@dataclass(frozen=True)
class Services:
    """All services, by room."""

    settings: Settings
    database: Database
    broker: Broker
    listening: Broker
    queue: Queue
    ledger: Ledger
    inventory: Inventory
    machines: Machines
    alerts: Alerts
    triage: Triage
    maintenance: Maintenance
    liveness: Liveness
    contacts: Contacts
    on_call: OnCall
    response: Response
    paging: Paging
    access: Access
    console: Console
    operation: Operation
    recovery: Recovery

    def close(self) -> None:
        """Close all connections."""
        self.ledger.feed.close()
        self.liveness.ping_reception.close()
        self.operation.metrics.close()
        self.queue.events.flush()
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
    """Build all services; they connect on first use. `durable` and `pooled` are those of `Database`.

    PostgreSQL shows the connections under `name`. `are_events_gathered` is for a process that publishes many events and
    does not fork: see `EventBuffer`. Raises SettingsError without a secret key.
    """
    options = PostgresqlOptions(name, settings.database_pool, settings.statement_timeout_s, settings.database_pooler)
    database = Database(settings.sql_url, durable=durable, pooled=pooled, postgresql=options)
    server = redis_server(settings)
    broker, listening = connect(server), connect(server, LISTENING_TIMEOUT_S)
    events = EventBuffer(broker) if are_events_gathered else EventLog(broker)
    return wire(settings, database, broker, listening=listening, events=events)


def redis_server(settings: Settings) -> RedisServer:
    """Return how to connect to Redis."""
    return find_server(settings.broker_url, settings.sentinel_master, settings.sentinel_password.get_secret_value())


def wire(
    settings: Settings,
    database: Database,
    broker: Broker,
    *,
    listening: Broker | None = None,
    events: EventLog | None = None,
) -> Services:
    """Build all services on this database and this Redis; `listening` is the same Redis with a longer timeout."""
    listening = listening or broker
    queue = build_queue(settings, broker, events or EventLog(broker))
    resources = Resources(settings, database, broker, listening, queue, Vault(*settings.secret_keys()))
    ledger = build_ledger(resources)
    machines = build_machines(resources)
    inventory = build_inventory(resources, ledger)
    alerts = build_alerts(resources, ledger, inventory, machines)
    maintenance = build_maintenance(resources, ledger, inventory, machines)
    liveness = build_liveness(resources, machines)
    on_call = build_on_call(resources, machines)
    contacts = build_contacts(resources, ledger)
    response = build_response(resources, ledger, contacts, build_pager(resources, ledger))
    paging = build_paging(resources, ledger, machines, alerts, contacts)
    operation = build_operation(resources)
    return Services(
        settings=settings,
        database=database,
        broker=broker,
        listening=listening,
        queue=queue,
        ledger=ledger,
        inventory=inventory,
        machines=machines,
        alerts=alerts,
        triage=build_triage(resources, ledger, alerts),
        maintenance=maintenance,
        liveness=liveness,
        contacts=contacts,
        on_call=on_call,
        response=response,
        paging=paging,
        access=build_access(resources),
        console=build_console(resources),
        operation=operation,
        recovery=_build_recovery(
            resources,
            ledger,
            inventory,
            machines,
            alerts,
            maintenance,
            liveness,
            contacts,
            on_call,
            response,
            paging,
            operation,
        ),
    )


def _build_recovery(
    resources: Resources,
    ledger: Ledger,
    inventory: Inventory,
    machines: Machines,
    alerts: Alerts,
    maintenance: Maintenance,
    liveness: Liveness,
    contacts: Contacts,
    on_call: OnCall,
    response: Response,
    paging: Paging,
    operation: Operation,
) -> Recovery:
    """Build recovery, which runs the jobs of every room."""
    queue = resources.queue
    return Recovery(
        resources.database,
        queue.publisher,
        ledger.relay,
        queue.lengths,
        queue.dead_letter_list,
        queue.workers,
        ledger.lifecycle,
        ledger.malformed_messages,
        lease_s=resources.settings.lease_s,
        due_jobs={
            Due.OCCURRENCES: maintenance.windows.tick,
            Due.SUPPRESSION: alerts.suppression.tick,
            Due.MAINTENANCE_PUSHES: maintenance.source_pushes.tick,
            Due.WITNESSES: machines.witnesses.tick,
            Due.DELIVERIES: alerts.webhook_intake.tick,
            Due.HEARTBEATS: liveness.heartbeat_watch.tick,
            Due.NOTIFICATIONS: response.notifier.tick,
            Due.DECISIONS: response.decision_settling.tick,
            Due.PAGES: paging.watch.tick,
            Due.SYNCS: ledger.syncs.tick,
            Due.SCHEDULES: ledger.schedules.tick,
            Due.TEXTS: inventory.search_index.tick,
        },
        periodic_jobs=(
            response.notifier.prune,
            response.decision_settling.look,
            paging.watch.look,
            paging.retention.tick,
            alerts.scores.tick,
            liveness.watching.tick,
            liveness.failing_channels.tick,
            maintenance.push_alarms.tick,
            contacts.migrated_services.tick,
            inventory.item_values.tick,
            inventory.gone_hosts.tick,
            operation.retention.tick,
            operation.metrics.forget_gone,
            alerts.alert_event_relay.tick,
            machines.identities.tick,
            machines.witnesses.look,
            on_call.gaps.tick,
        ),
    )
