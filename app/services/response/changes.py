"""Reads the changes of alerts, with the alerts that stand for those that are witnesses."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from app import clock
from app.enums import AlertEventKind
from app.rules.response.notifications import Change, as_witness
from app.store.alerts import suppression
from app.store.response import notification_changes

Row = Mapping[Any, Any]


def read_changes(connection: Connection, rows: Sequence[Row]) -> list[Change]:
    """Return the changes of events that notifications can report."""
    changes = [change for change in map(Change.from_row, rows) if change is not None]
    first_of = {row["alert_id"]: row["witness_of"] for row in rows if row["suppressed"] and row["witness_of"]}
    if not first_of:
        return changes
    told = suppression.told(connection, sorted(first_of), clock.now())
    firsts = _alerts(connection, {first_of[alert_id] for alert_id in told})
    # Without the one that stands for it, it takes the place itself within a second, which is an event of its own.
    return [
        as_witness(change, firsts[first_of[change.alert_id]])
        if change.alert_id in told and first_of.get(change.alert_id) in firsts
        else change
        for change in changes
    ]


def _alerts(connection: Connection, alert_ids: set[int]) -> dict[int, Change]:
    rows = notification_changes.alerts(connection, sorted(alert_ids))
    made = [Change.from_row({**row, **_as_event(row)}) for row in rows]
    return {change.alert_id: change for change in made if change is not None}


def _as_event(row: Row) -> dict[str, Any]:
    return {"event_id": 0, "at": row["last_seen_at"], "kind": AlertEventKind.FIRED, "username": None}
