"""Statements on what became of each alert event at each route: exactly one row and one ending for both."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, insert, or_, select, text, update

from app.enums import TERMINAL_STATES, DecisionOutcome
from app.models import AlertDecision, Notification, NotificationChange, NotificationMessage, TaskRun
from app.models.decisions import ASSIGNED, OPEN_DECISION
from app.store.database.dialects import table_of
from app.store.inventory.hosts import ID_BATCH_SIZE

DECISIONS = AlertDecision.__table__.c
CHANGES = NotificationChange.__table__.c
MESSAGES = NotificationMessage.__table__.c
ROUTES = Notification.__table__.c
RUNS = TaskRun.__table__.c
# Literals instead of bound parameters: the partial indexes need them.
IS_OPEN = text(f"alert_decisions.{OPEN_DECISION}")
IS_ASSIGNED = text("alert_decisions." + ASSIGNED.replace("task_id", "alert_decisions.task_id"))
MESSAGE_TASK = table_of(TaskRun).alias("message_task")
STILL_RUNS = (
    select(MESSAGE_TASK.c.id)
    .where(MESSAGE_TASK.c.id == DECISIONS.task_id, MESSAGE_TASK.c.state.not_in(TERMINAL_STATES))
    .exists()
)
ENDED = select(DECISIONS.id).where(IS_ASSIGNED, ~STILL_RUNS)
"""Decisions whose message is over, and that nobody has settled."""
ADD = insert(table_of(AlertDecision))


def add(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Record what routes decided."""
    if rows:
        connection.execute(ADD, rows)


def assign(connection: Connection, route_id: int, event_ids: Sequence[int], task_id: str) -> None:
    """Record which task sends the message that is to tell some events."""
    for chunk in _chunks(event_ids):
        wanted = (DECISIONS.route_id == route_id, DECISIONS.event_id.in_(chunk), IS_OPEN)
        connection.execute(update(AlertDecision).where(*wanted).values(task_id=task_id))


def tell(connection: Connection, route_id: int, event_ids: Sequence[int], task_id: str, now: datetime) -> None:
    """Record that a message told some events, also one that had been given up and was sent after all."""
    values = {"outcome": DecisionOutcome.TOLD, "task_id": task_id, "settled_at": now}
    for chunk in _chunks(event_ids):
        wanted = (DECISIONS.route_id == route_id, DECISIONS.event_id.in_(chunk))
        connection.execute(update(AlertDecision).where(*wanted).values(values))


def drop(connection: Connection, route_id: int, reasons: Mapping[int, Mapping[str, Any]], now: datetime) -> None:
    """Record by event why a route tells nobody of it after all."""
    together: dict[str, tuple[Mapping[str, Any], list[int]]] = {}
    for event_id, reason in reasons.items():
        together.setdefault(repr(reason), (reason, []))[1].append(event_id)
    for reason, event_ids in together.values():
        for chunk in _chunks(event_ids):
            wanted = (DECISIONS.route_id == route_id, DECISIONS.event_id.in_(chunk), IS_OPEN)
            connection.execute(update(AlertDecision).where(*wanted).values(_dropped(reason, now)))


def drop_all(connection: Connection, route_id: int, reason: Mapping[str, Any], now: datetime) -> None:
    """Record why a route tells nobody of what waits for its next message."""
    waiting = (DECISIONS.route_id == route_id, IS_OPEN, DECISIONS.page_id.is_(None))
    connection.execute(update(AlertDecision).where(*waiting).values(_dropped(reason, now)))


def ended(connection: Connection, limit: int) -> Sequence[RowMapping]:
    """Return decisions that wait for a message which is over, with what is known of it, and lock them."""
    columns = (DECISIONS.id, DECISIONS.task_id, MESSAGES.sent_at, RUNS.state, RUNS.reason, RUNS.error)
    statement = (
        select(*columns)
        .select_from(AlertDecision)
        .outerjoin(TaskRun, RUNS.id == DECISIONS.task_id)
        .outerjoin(NotificationMessage, MESSAGES.task_id == DECISIONS.task_id)
        .where(IS_ASSIGNED, or_(RUNS.id.is_(None), RUNS.state.in_(TERMINAL_STATES)))
        .order_by(DECISIONS.id)
        .limit(limit)
        .with_for_update(of=AlertDecision, skip_locked=True)
    )
    return connection.execute(statement).mappings().all()


def adrift(connection: Connection, before: datetime, limit: int) -> Sequence[RowMapping]:
    """Return decisions older than a time whose route, or whose change to tell, is gone or in a message; lock them.

    Only the previous release, or a monitor that is deleted with its routes, leaves such behind.
    """
    change = and_(CHANGES.notification_id == DECISIONS.route_id, CHANGES.event_id == DECISIONS.event_id)
    statement = (
        select(DECISIONS.id, ROUTES.id.label("route_id"), CHANGES.task_id)
        .select_from(AlertDecision)
        .outerjoin(Notification, ROUTES.id == DECISIONS.route_id)
        .outerjoin(NotificationChange, change)
        .where(IS_OPEN, DECISIONS.page_id.is_(None), DECISIONS.task_id.is_(None), DECISIONS.at < before)
        .where(or_(CHANGES.event_id.is_(None), CHANGES.task_id.is_not(None)))
        .order_by(DECISIONS.id)
        .limit(limit)
        .with_for_update(of=AlertDecision, skip_locked=True)
    )
    return connection.execute(statement).mappings().all()


def change(connection: Connection, decision_ids: Sequence[int], values: Mapping[str, Any]) -> None:
    """Change some columns of pending decisions."""
    for chunk in _chunks(decision_ids):
        connection.execute(update(AlertDecision).where(DECISIONS.id.in_(chunk), IS_OPEN).values(values))


def _dropped(reason: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    return {"outcome": DecisionOutcome.DROPPED, "reason": reason, "settled_at": now}


def _chunks(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[start : start + ID_BATCH_SIZE] for start in range(0, len(ids), ID_BATCH_SIZE)]
