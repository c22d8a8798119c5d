"""Raises an alert about each monitor that could not be told of a maintenance window, and resolves it once it was."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from app.enums import PushState
from app.rules.alerts.own_messages import OWN_SOURCE
from app.services import own_alerts
from app.services.alerts.alert_intake import AlertIntake
from app.services.alerts.own_monitor import own_monitor_id
from app.services.maintenance.push_states import state_of
from app.services.periodic import Interval
from app.store.alerts import alert_intake, maintenance_pushes
from app.store.database.engine import Database
from app.store.inventory import monitors

LOOK_EVERY_S = 15.0
PREFIX = "maintenance:"
MAX_ERROR = 300


class PushAlarms:
    """Two leaders that look at once report the same, which changes nothing. Methods raise DatabaseUnavailable."""

    def __init__(self, database: Database, intake: AlertIntake) -> None:
        self._database = database
        self._intake = intake
        self._looking = Interval(LOOK_EVERY_S)

    def tick(self) -> None:
        """Look, at intervals, which monitors do not have what they should."""
        if self._looking.is_over():
            self.look()

    def look(self) -> None:
        """Raise and resolve the alerts. One that is tried again keeps its alert until it succeeds."""
        with self._database.reading() as connection:
            undone = {_external_id(row): row for row in maintenance_pushes.undone(connection)}
            monitor_id = monitors.find_id(connection, OWN_SOURCE)
            alarmed = alert_intake.open_messages(connection, monitor_id, OWN_SOURCE, PREFIX) if monitor_id else {}
        failed = {external_id for external_id, row in undone.items() if state_of(row) is PushState.FAILED}
        begun, ended = failed - alarmed.keys(), alarmed.keys() - undone.keys()
        if not begun and not ended:
            return
        with self._database.transaction() as connection:
            monitor_id = own_monitor_id(connection)
            for external_id in sorted(begun):
                self._fire(connection, monitor_id, external_id, undone[external_id])
            for external_id in sorted(ended):
                own_alerts.end(self._intake, connection, monitor_id, external_id)

    def _fire(self, connection: Connection, monitor_id: int, external_id: str, row: Mapping[Any, Any]) -> None:
        window = row["window"] or f"#{row['window_id']}"
        is_wanted = row["wanted"] is not None
        what = "may not have maintenance window" if is_wanted else "may still have maintenance window"
        message = f"{row['monitor']} {what} {window}: {(row['error'] or '')[:MAX_ERROR]}"
        labels = {"alertname": "MaintenanceNotAtSource", "monitor": row["monitor"], "window": window}
        own_alerts.fire(self._intake, connection, monitor_id, external_id, message, "", labels)


def _external_id(row: Mapping[Any, Any]) -> str:
    return f"{PREFIX}{row['window_id']}:{row['monitor_id']}"
