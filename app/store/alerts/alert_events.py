"""Statements on the alerts' histories."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, bindparam, func, insert, select

from app.enums import AlertEventKind
from app.models import Alert, AlertEvent, Notification
from app.store.database.dialects import table_of
from app.store.database.pages import Keyset, Page, PageRequest, fetch_page

EVENTS = AlertEvent.__table__.c
ALERTS = Alert.__table__.c
SHOWN = (EVENTS.id, EVENTS.at, EVENTS.kind, EVENTS.user_id, EVENTS.username, EVENTS.comment)
TOLD = (
    AlertEventKind.FIRED,
    AlertEventKind.REOPENED,
    AlertEventKind.RETURNED,
    AlertEventKind.ESCALATED,
    AlertEventKind.ACKNOWLEDGED,
    AlertEventKind.RESOLVED,
)
"""The kinds that notifications can report."""
NEWS = (
    select(EVENTS.id.label("event_id"), EVENTS.kind)
    .add_columns(ALERTS.id, ALERTS.monitor_id, ALERTS.host_id, ALERTS.severity, ALERTS.status)
    .join(Alert, ALERTS.id == EVENTS.alert_id)
    .order_by(EVENTS.id)
)
AFTER = NEWS.where(EVENTS.id > bindparam("last")).limit(bindparam("limit"))
ADD = insert(table_of(AlertEvent))


def fetch(connection: Connection, page: PageRequest, alert_id: int) -> Page:
    """Return a page of an alert's history, newest first."""
    statement = select(*SHOWN).where(EVENTS.alert_id == alert_id)
    return fetch_page(connection, statement, Keyset({"id": EVENTS.id}, descending=True), page)


def add(
    connection: Connection,
    happened: Sequence[tuple[int, AlertEventKind]],
    at: datetime,
    *,
    user_id: int | None = None,
    username: str | None = None,
    comment: str = "",
) -> None:
    """Record what happened to which alerts; an event of a suppressed alert causes no notification."""
    if not happened:
        return
    told = {alert_id for alert_id, kind in happened if kind in TOLD}
    told = _not_suppressed(connection, sorted(told)) if told and _is_anyone_listening(connection) else set()
    who = {"at": at, "user_id": user_id, "username": username, "comment": comment}
    rows = [
        {"alert_id": alert_id, "kind": kind, "is_pending": kind in TOLD and alert_id in told, **who}
        for alert_id, kind in happened
    ]
    connection.execute(ADD, rows)


def newest_id(connection: Connection) -> int:
    """Return the id of the newest entry of all histories."""
    return connection.execute(select(func.max(EVENTS.id))).scalar_one() or 0


def after(connection: Connection, last_id: int, limit: int) -> Sequence[RowMapping]:
    """Return up to `limit` entries after `last_id`, with `event_id`, `kind` and the current state of their alerts."""
    return connection.execute(AFTER, {"last": last_id, "limit": limit}).mappings().all()


def some(connection: Connection, event_ids: Collection[int]) -> Sequence[RowMapping]:
    """Return those of these entries that exist, in the form that `after` returns."""
    return connection.execute(NEWS.where(EVENTS.id.in_(event_ids))).mappings().all()


def _is_anyone_listening(connection: Connection) -> bool:
    return connection.execute(select(Notification.id).where(Notification.enabled).limit(1)).first() is not None


def _not_suppressed(connection: Connection, alert_ids: Sequence[int]) -> set[int]:
    statement = select(ALERTS.id).where(ALERTS.id.in_(alert_ids), ALERTS.suppressed.is_(False))
    return set(connection.execute(statement).scalars())
