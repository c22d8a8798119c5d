"""Statements on the alerts' histories."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, func, insert, select, update

from app.enums import AlertEventKind
from app.models import Alert, AlertEvent
from app.store.alerts import suppression
from app.store.database.dialects import table_of
from app.store.database.pages import Keyset, Page, PageRequest, fetch_page

EVENTS = AlertEvent.__table__.c
ALERTS = Alert.__table__.c
SHOWN = (EVENTS.id, EVENTS.at, EVENTS.kind, EVENTS.user_id, EVENTS.username, EVENTS.comment, EVENTS.details)
TOLD = (
    AlertEventKind.FIRED,
    AlertEventKind.REOPENED,
    AlertEventKind.RETURNED,
    AlertEventKind.ESCALATED,
    AlertEventKind.ACKNOWLEDGED,
    AlertEventKind.RESOLVED,
)
"""The kinds that people can be told of: what becomes of each such event is decided within a second."""
CHANGES = (AlertEventKind.CHANGED, AlertEventKind.ESCALATED, AlertEventKind.EASED)
"""The kinds that have details."""
NEWS = (
    select(EVENTS.id.label("event_id"), EVENTS.kind)
    .add_columns(ALERTS.id, ALERTS.monitor_id, ALERTS.host_id, ALERTS.severity, ALERTS.status)
    .join(Alert, ALERTS.id == EVENTS.alert_id)
    .order_by(EVENTS.id)
)
AFTER = NEWS.where(EVENTS.id > bindparam("last")).limit(bindparam("limit"))
ADD = insert(table_of(AlertEvent))
EXTEND = (
    update(table_of(AlertEvent))
    .where(EVENTS.id == bindparam("entry"))
    .values(at=bindparam("new_at"), details=bindparam("new_details"))
)


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
    details: Mapping[int, Mapping[str, Any]] | None = None,
) -> None:
    """Record what happened to which alerts, and leave it to the routes who is told of it.

    Of a suppressed alert nobody is told, except of one that is only a witness: a route may not take the alert that
    stands for it.

    `details` by alert id: the changed fields, each with its value before and after, for the kinds that are changes.
    """
    if not happened:
        return
    told = {alert_id for alert_id, kind in happened if kind in TOLD}
    hidden = suppression.hidden(connection, sorted(told), at) if told else set()
    who = {"at": at, "user_id": user_id, "username": username, "comment": comment}
    rows = [
        {
            "alert_id": alert_id,
            "kind": kind,
            "is_pending": kind in TOLD,
            "is_suppressed": kind in TOLD and alert_id in hidden,
            "details": (details or {}).get(alert_id) if kind in CHANGES else None,
            **who,
        }
        for alert_id, kind in happened
    ]
    connection.execute(ADD, rows)


def extend_changes(
    connection: Connection, details: Mapping[int, Mapping[str, Sequence[Any]]], at: datetime
) -> set[int]:
    """Add changes to the last `changed` entry of each alert, by alert id; return the alerts that have one."""
    newest = (
        select(EVENTS.alert_id, func.max(EVENTS.id).label("id"))
        .where(EVENTS.alert_id.in_(details), EVENTS.kind == AlertEventKind.CHANGED)
        .group_by(EVENTS.alert_id)
        .subquery()
    )
    statement = select(EVENTS.id, EVENTS.alert_id, EVENTS.details).join(newest, newest.c.id == EVENTS.id)
    entries = connection.execute(statement).all()
    rows = [
        {"entry": row.id, "new_at": at, "new_details": _joined(row.details or {}, details[row.alert_id])}
        for row in entries
    ]
    if rows:
        connection.execute(EXTEND, rows)
    return {row.alert_id for row in entries}


def _joined(earlier: Mapping[str, Sequence[Any]], later: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
    """Return two changes as one: from the values before the earlier to those after the later."""
    first = {name: values[0] for name, values in (*later.items(), *earlier.items())}
    last = {name: values[1] for name, values in (*earlier.items(), *later.items())}
    return {name: [first[name], last[name]] for name in last}


def newest_id(connection: Connection) -> int:
    """Return the id of the newest entry of all histories."""
    return connection.execute(select(func.max(EVENTS.id))).scalar_one() or 0


def after(connection: Connection, last_id: int, limit: int) -> Sequence[RowMapping]:
    """Return up to `limit` entries after `last_id`, with `event_id`, `kind` and the current state of their alerts."""
    return connection.execute(AFTER, {"last": last_id, "limit": limit}).mappings().all()


def some(connection: Connection, event_ids: Collection[int]) -> Sequence[RowMapping]:
    """Return those of these entries that exist, in the form that `after` returns."""
    return connection.execute(NEWS.where(EVENTS.id.in_(event_ids))).mappings().all()
