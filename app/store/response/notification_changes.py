"""Statements on pending events of alerts, and on the changes that each notification still has to send."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, FromClause, RowMapping, Select, delete, func, select, text, union, update

from app.enums import AlertEventKind, DecisionOutcome
from app.models import Alert, AlertDecision, AlertEvent, Host, Item, Monitor, NotificationChange
from app.models.alerts import PENDING
from app.models.notifications import UNSENT
from app.store.database.dialects import dialect_insert, table_of
from app.store.inventory.hosts import ID_BATCH_SIZE

EVENTS = AlertEvent.__table__.c
ALERTS = Alert.__table__.c
HOSTS = Host.__table__.c
ITEMS = Item.__table__.c
MONITORS = Monitor.__table__.c
CHANGES = NotificationChange.__table__.c
DECISIONS = AlertDecision.__table__.c
# Literals instead of bound parameters: the partial indexes need them.
IS_PENDING = text(f"alert_events.{PENDING}")
IS_UNSENT = text(f"notification_changes.{UNSENT}")

ALERT_COLUMNS = (
    ALERTS.message,
    ALERTS.severity,
    ALERTS.status,
    ALERTS.suppressed,
    ALERTS.witness_of,
    ALERTS.monitor_id,
    MONITORS.name.label("monitor_name"),
    func.coalesce(func.nullif(HOSTS.display_name, ""), HOSTS.name, ALERTS.host).label("host_name"),
    HOSTS.groups,
    func.coalesce(ITEMS.name, ALERTS.item).label("item_name"),
    *(ALERTS.source, ALERTS.external_id, ALERTS.description, ALERTS.value, ALERTS.labels),
    *(ALERTS.source_severity, ALERTS.source_url, ALERTS.started_at, ALERTS.ended_at, ALERTS.first_seen_at),
    *(ALERTS.resolved_at, ALERTS.resolution, ALERTS.is_stale, ALERTS.silenced_by),
    # For matchers.
    *(ALERTS.host, ALERTS.item, HOSTS.name.label("inventory_host"), ITEMS.name.label("inventory_item")),
    HOSTS.display_name.label("inventory_host_shown"),
)
EVENT_COLUMNS = (
    *(EVENTS.id.label("event_id"), EVENTS.at, EVENTS.kind, EVENTS.username, EVENTS.alert_id),
    EVENTS.is_suppressed,
)
BEGINNINGS = (AlertEventKind.FIRED, AlertEventKind.REOPENED, AlertEventKind.RETURNED, AlertEventKind.ESCALATED)
TELLING = (DecisionOutcome.PENDING, DecisionOutcome.TOLD)
PENDING_EVENTS = select(EVENTS.id).where(IS_PENDING)
UNSENT_CHANGES = select(CHANGES.event_id).where(IS_UNSENT)


def is_any_pending(connection: Connection) -> bool:
    """Return whether an event is pending."""
    return connection.execute(PENDING_EVENTS.limit(1)).first() is not None


def is_any_unsent(connection: Connection) -> bool:
    """Return whether a notification has unsent changes."""
    return connection.execute(UNSENT_CHANGES.limit(1)).first() is not None


def _with_inventory(alerts: FromClause) -> FromClause:
    """Join the monitor, the host and the item of alerts."""
    return (
        alerts.join(Monitor.__table__, MONITORS.id == ALERTS.monitor_id)
        .outerjoin(Host.__table__, HOSTS.id == ALERTS.host_id)
        .outerjoin(Item.__table__, ITEMS.id == ALERTS.item_id)
    )


def with_alerts() -> Select[Any]:
    """Return a statement for events with their alerts."""
    # The events first: SQLite may keep the order of joins where some of them are outer ones.
    events = AlertEvent.__table__.join(Alert.__table__, ALERTS.id == EVENTS.alert_id)
    return select(*EVENT_COLUMNS, *ALERT_COLUMNS).select_from(_with_inventory(events))


def pending_events(connection: Connection, limit: int) -> Sequence[RowMapping]:
    """Return the oldest pending events with their alerts, and lock them until the transaction ends."""
    statement = with_alerts().where(IS_PENDING).order_by(EVENTS.id).limit(limit)
    return connection.execute(statement.with_for_update(of=AlertEvent, skip_locked=True)).mappings().all()


def told_as_witnesses(connection: Connection, returned: Sequence[int]) -> set[tuple[int, int]]:
    """Return which routes told that an alert fires while it was a witness, before which `returned` event.

    Nobody is told of an alert that fires while it is suppressed for another reason.
    """
    back, hidden, told = (table_of(AlertEvent).alias(name) for name in ("back", "hidden", "told"))
    hidden_at = (
        select(hidden.c.at)
        .where(hidden.c.alert_id == back.c.alert_id, hidden.c.id < back.c.id)
        .where(hidden.c.kind == AlertEventKind.SUPPRESSED)
        .order_by(hidden.c.id.desc())
        .limit(1)
        .correlate(back)
        .scalar_subquery()
    )
    earlier = (back.c.id.in_(returned), told.c.id < back.c.id, told.c.kind.in_(BEGINNINGS), told.c.at >= hidden_at)
    events = back.join(told, told.c.alert_id == back.c.alert_id)
    # The decisions know of pages; the changes, of what the previous release told.
    by_message = select(CHANGES.notification_id, back.c.id).select_from(
        events.join(NotificationChange, CHANGES.event_id == told.c.id)
    )
    by_page = select(DECISIONS.route_id, back.c.id).select_from(
        events.join(AlertDecision, DECISIONS.event_id == told.c.id)
    )
    paged = (DECISIONS.page_id.is_not(None), DECISIONS.outcome.in_(TELLING))
    statement = union(by_message.where(*earlier), by_page.where(*earlier, *paged))
    return {(route_id, event_id) for route_id, event_id in connection.execute(statement)}


def settle_events(connection: Connection, event_ids: Sequence[int]) -> None:
    """Record that these events were processed."""
    connection.execute(update(AlertEvent).where(EVENTS.id.in_(event_ids)).values(is_pending=False))


def add(connection: Connection, rows: Sequence[Mapping[str, int]]) -> None:
    """Record which notification reports which event, unless that is recorded."""
    if rows:
        statement = dialect_insert(connection, NotificationChange).on_conflict_do_nothing()
        connection.execute(statement, rows)


def oldest_unsent(connection: Connection, notification_id: int) -> datetime | None:
    """Return the time of a notification's oldest unsent change; None if there is none."""
    mine = (CHANGES.notification_id == notification_id, IS_UNSENT)
    oldest = select(CHANGES.event_id).where(*mine).order_by(CHANGES.event_id).limit(1).scalar_subquery()
    return connection.execute(select(EVENTS.at).where(EVENTS.id == oldest)).scalar_one_or_none()


def unsent(connection: Connection, notification_id: int, limit: int) -> Sequence[RowMapping]:
    """Return a notification's unsent events with their alerts, grouped by alert, each group in order."""
    joined = with_alerts().join(NotificationChange, CHANGES.event_id == EVENTS.id)
    mine = joined.where(CHANGES.notification_id == notification_id, IS_UNSENT)
    return connection.execute(mine.order_by(EVENTS.alert_id, EVENTS.id).limit(limit)).mappings().all()


def of_message(connection: Connection, task_id: str) -> Sequence[RowMapping]:
    """Return the events of a message, with their alerts."""
    joined = with_alerts().join(NotificationChange, CHANGES.event_id == EVENTS.id)
    return connection.execute(joined.where(CHANGES.task_id == task_id).order_by(EVENTS.id)).mappings().all()


def newest_alert_ids(connection: Connection, limit: int) -> list[int]:
    """Return the ids of the newest alerts, the newest first."""
    return list(connection.execute(select(ALERTS.id).order_by(ALERTS.id.desc()).limit(limit)).scalars())


def alerts(connection: Connection, alert_ids: Sequence[int]) -> Sequence[RowMapping]:
    """Return alerts as they are now, with all that a message tells of them but the event."""
    statement = select(ALERTS.id.label("alert_id"), *ALERT_COLUMNS, ALERTS.last_seen_at)
    wanted = statement.select_from(_with_inventory(Alert.__table__)).where(ALERTS.id.in_(alert_ids))
    return connection.execute(wanted.order_by(ALERTS.id.desc())).mappings().all()


def annotations_of(connection: Connection, alert_ids: Sequence[int]) -> dict[int, Mapping[str, str]]:
    """Return the annotations of some alerts by the alerts' ids."""
    found = connection.execute(select(ALERTS.id, ALERTS.annotations).where(ALERTS.id.in_(alert_ids)))
    return {alert_id: annotations or {} for alert_id, annotations in found}


def assign(connection: Connection, notification_id: int, event_ids: Sequence[int], task_id: str) -> int:
    """Assign unsent changes of a notification to a message, and return how many there were."""
    wanted = (CHANGES.notification_id == notification_id, CHANGES.event_id.in_(event_ids), IS_UNSENT)
    return connection.execute(update(NotificationChange).where(*wanted).values(task_id=task_id)).rowcount


def drop(connection: Connection, notification_id: int, event_ids: Sequence[int]) -> None:
    """Delete unsent changes of a notification: they are never sent."""
    for start in range(0, len(event_ids), ID_BATCH_SIZE):
        chunk = CHANGES.event_id.in_(event_ids[start : start + ID_BATCH_SIZE])
        connection.execute(
            delete(NotificationChange).where(CHANGES.notification_id == notification_id, chunk, IS_UNSENT)
        )


def drop_unsent(connection: Connection, notification_id: int) -> int:
    """Delete all unsent changes of a notification, and return how many there were."""
    mine = (CHANGES.notification_id == notification_id, IS_UNSENT)
    return connection.execute(delete(NotificationChange).where(*mine)).rowcount
