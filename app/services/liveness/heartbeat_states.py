"""Converts between a heartbeat's row and its state, and keeps its alert in step; opens no transaction of its own."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from app.enums import HeartbeatReason, HeartbeatStatus, MonitorStatus, ReportWay
from app.rules.liveness.heartbeat_alerts import report_of
from app.rules.liveness.heartbeats import HeartbeatState, Period
from app.services.alerts.alert_intake import AlertIntake
from app.store.inventory import monitors
from app.store.liveness import heartbeat_pings

DEFAULT_NAME = "heartbeats"
DEFAULT_MONITOR = {"name": DEFAULT_NAME, "type": "webhook", "url": "", "enabled": True}
"""The monitor of the alerts of heartbeats that name no other."""
STATE = [each.name for each in fields(HeartbeatState)]
Row = Mapping[Any, Any]


def state_of(row: Row) -> HeartbeatState:
    """Return the state in a row."""
    stored = {name: row[name] for name in STATE}
    reason = row["reason"] and HeartbeatReason(row["reason"])
    return HeartbeatState(**{**stored, "status": HeartbeatStatus(row["status"]), "reason": reason})


def period_of(row: Row) -> Period:
    """Return when the heartbeat of a row must ping."""
    return Period(row["interval_s"], row["cron"], row["timezone"], row["grace_s"])


def with_state(row: Row, state: HeartbeatState) -> dict[str, Any]:
    """Return the row with another state."""
    return {**row, **asdict(state)}


def lock_monitors(connection: Connection, rows: Iterable[Row]) -> None:
    """Lock the monitors of alerts that will change, before the heartbeats: as the deletion of a monitor does."""
    for monitor_id in sorted({row["monitor_id"] for row in rows if row["monitor_id"] is not None}):
        monitors.lock(connection, monitor_id)


def with_monitors(connection: Connection, rows: Sequence[dict[str, Any]], now: datetime) -> None:
    """Give the default monitor to the rows that have none."""
    missing = [row for row in rows if row["monitor_id"] is None]
    if missing:
        monitor_id = default_monitor(connection, now)
        for row in missing:
            row["monitor_id"] = monitor_id


def default_monitor(connection: Connection, now: datetime) -> int:
    """Return the monitor of heartbeats that name none; make it if it does not exist."""
    found = monitors.find_id(connection, DEFAULT_NAME)
    return found or monitors.add(connection, {**DEFAULT_MONITOR, "status": MonitorStatus.UNKNOWN, "created_at": now})


def update_alerts(connection: Connection, intake: AlertIntake, rows: Iterable[Row], now: datetime) -> None:
    """Raise, repeat or resolve the alerts of heartbeats, as their rows say."""
    by_monitor: dict[int, list[Row]] = {}
    for row in rows:
        by_monitor.setdefault(row["monitor_id"], []).append(row)
    for monitor_id in sorted(by_monitor):
        reports = [report_of(row, heartbeat_pings.last(connection, row["id"])) for row in by_monitor[monitor_id]]
        intake.take_in(connection, monitor_id, reports, now, way=ReportWay.OWN)
