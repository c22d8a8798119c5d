"""Alerts and what happens to them, written as those who take alerts in write them."""

from typing import Any

from sqlalchemy import Connection, insert, update

from app import clock
from app.enums import AlertEventKind
from app.models import Alert
from app.store.alerts import alert_events


def add_alert(connection: Connection, monitor_id: int, number: int = 1, **values: Any) -> int:
    """Add an open alert and return its id."""
    now = clock.now()
    row = {
        "source": "test",
        "external_id": f"t:{number}",
        "message": "Disk space running low",
        "severity": 2,
        "status": 0,
        "suppressed": False,
        "monitor_id": monitor_id,
        "comment": "",
        "first_seen_at": now,
        "last_seen_at": now,
    }
    return int(connection.execute(insert(Alert).returning(Alert.__table__.c.id), row | values).scalar_one())


def add_event(connection: Connection, alert_id: int, kind: AlertEventKind = AlertEventKind.FIRED) -> None:
    """Let something happen to an alert that people may have to be told of."""
    alert_events.add(connection, [(alert_id, kind)], clock.now())


def end_alert(connection: Connection, alert_id: int) -> None:
    """Resolve an alert."""
    values = {"status": 2, "resolved_at": clock.now()}
    connection.execute(update(Alert).where(Alert.__table__.c.id == alert_id).values(values))
    add_event(connection, alert_id, AlertEventKind.RESOLVED)
