"""Says what keeps alerts quiet, with the names that people know."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select

from app.enums import AlertEventKind
from app.models import Alert, AlertEvent
from app.store.alerts import suppression

ALERTS = Alert.__table__.c
EVENTS = AlertEvent.__table__.c
NAMED = ("kind", "id", "by", "until")
"""What is kept of a silence or an inhibition at the source: its comment may be long."""
Reason = Mapping[str, Any]


def find(connection: Connection, alert_ids: Sequence[int], now: datetime) -> dict[int, Reason]:
    """Return by alert why it is suppressed; an alert that is not has no entry."""
    columns = (ALERTS.id, ALERTS.snoozed_until, ALERTS.silenced_by, ALERTS.witness_of)
    rows = connection.execute(select(*columns).where(ALERTS.id.in_(alert_ids))).mappings().all()
    snoozed = {row["id"] for row in rows if row["snoozed_until"] is not None and row["snoozed_until"] > now}
    people = _who_snoozed(connection, sorted(snoozed)) if snoozed else {}
    windows = suppression.windows_over(connection, alert_ids, now)
    found: dict[int, Reason] = {}
    for row in rows:
        alert_id = row["id"]
        if alert_id in snoozed:
            until = row["snoozed_until"].isoformat()
            found[alert_id] = {"code": "snoozed", "until": until, "by": people.get(alert_id)}
        elif alert_id in windows:
            window = windows[alert_id]
            found[alert_id] = {"code": "window", "window_id": window["id"], "window": window["name"]}
        elif (reason := _of_source(row)) is not None:
            found[alert_id] = reason
    return found


def _of_source(row: RowMapping) -> Reason | None:
    quiet = row["silenced_by"]
    if quiet is not None:
        return {"code": "silenced", **{name: quiet[name] for name in NAMED if quiet.get(name) is not None}}
    return None if row["witness_of"] is None else {"code": "witness", "alert_id": row["witness_of"]}


def _who_snoozed(connection: Connection, alert_ids: Sequence[int]) -> dict[int, str | None]:
    last = (
        select(func.max(EVENTS.id))
        .where(EVENTS.alert_id.in_(alert_ids), EVENTS.kind == AlertEventKind.SNOOZED)
        .group_by(EVENTS.alert_id)
    )
    rows = connection.execute(select(EVENTS.alert_id, EVENTS.username).where(EVENTS.id.in_(last)))
    return {row.alert_id: row.username for row in rows}
