"""Raises an alert about each monitor that could not be told of a maintenance window, and resolves it once it was."""

from collections.abc import Mapping
from typing import Any

from app.enums import PushState
from app.services import own_alerts
from app.services.alerts.alert_intake import AlertIntake
from app.services.maintenance.push_states import state_of
from app.services.own_alerts import OwnAlert
from app.services.periodic import Interval
from app.store.alerts import maintenance_pushes
from app.store.database.engine import Database

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
            alarmed = own_alerts.standing(connection, PREFIX)
        failed = {external_id for external_id, row in undone.items() if state_of(row) is PushState.FAILED}
        begun = {external_id: _alert(undone[external_id]) for external_id in failed - alarmed.keys()}
        own_alerts.follow(self._database, self._intake, begun, alarmed.keys() - undone.keys())


def _alert(row: Mapping[Any, Any]) -> OwnAlert:
    window = row["window"] or f"#{row['window_id']}"
    is_wanted = row["wanted"] is not None
    what = "may not have maintenance window" if is_wanted else "may still have maintenance window"
    message = f"{row['monitor']} {what} {window}: {(row['error'] or '')[:MAX_ERROR]}"
    return OwnAlert(message, "", {"alertname": "MaintenanceNotAtSource", "monitor": row["monitor"], "window": window})


def _external_id(row: Mapping[Any, Any]) -> str:
    return f"{PREFIX}{row['window_id']}:{row['monitor_id']}"
