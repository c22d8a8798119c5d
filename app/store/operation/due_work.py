"""Finds what work is due for the leader of recovery, each second, in one statement."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, or_, select

from app.store.alerts import maintenance, suppression, webhook_deliveries
from app.store.database import text_index
from app.store.ledger import parent_tasks, schedules, task_messages, task_runs
from app.store.liveness import heartbeats
from app.store.machines import witnesses
from app.store.paging import page_decisions, page_deliveries, pages
from app.store.response import decisions, notification_changes


class Due(StrEnum):
    """Kinds of work that can be due."""

    RUNNING = "running"
    """A worker runs a task, and must renew its lease."""
    MESSAGES = "messages"
    OCCURRENCES = "occurrences"
    SUPPRESSION = "suppression"
    MAINTENANCE_PUSHES = "maintenance_pushes"
    WITNESSES = "witnesses"
    DELIVERIES = "deliveries"
    HEARTBEATS = "heartbeats"
    NOTIFICATIONS = "notifications"
    DECISIONS = "decisions"
    PAGES = "pages"
    SYNCS = "syncs"
    SCHEDULES = "schedules"
    TEXTS = "texts"


ROWS = {
    Due.RUNNING: (task_runs.BEATS,),
    Due.MESSAGES: task_messages.DUE,
    Due.OCCURRENCES: (maintenance.ENDED,),
    Due.SUPPRESSION: suppression.DUE,
    Due.MAINTENANCE_PUSHES: (maintenance.PUSH_DUE,),
    Due.WITNESSES: (witnesses.LEFT_ALONE,),
    Due.DELIVERIES: (webhook_deliveries.WAITING,),
    Due.HEARTBEATS: (heartbeats.DUE,),
    Due.NOTIFICATIONS: (notification_changes.PENDING_EVENTS, notification_changes.UNSENT_CHANGES),
    Due.DECISIONS: (decisions.ENDED,),
    Due.PAGES: (pages.UNENDED_PAGES, page_deliveries.UNSETTLED_DELIVERIES, page_decisions.PENDING_OF_PAGES),
    Due.SYNCS: (parent_tasks.PARENTS,),
    Due.SCHEDULES: (schedules.DUE,),
    Due.TEXTS: (text_index.DUE,),
}
"""The statements that return a row if something is due; `now` is their parameter."""
STATEMENT = select(*(or_(*(rows.exists() for rows in ROWS[due])).label(due) for due in Due))


def find(connection: Connection, now: datetime) -> frozenset[Due]:
    """Return what is due now."""
    row = connection.execute(STATEMENT, {"now": now}).one()
    return frozenset(due for due, is_due in zip(Due, row, strict=True) if is_due)
