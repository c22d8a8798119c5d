"""Raises an alert about each channel that has accepted no message for long, and resolves it when it works again."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from app import clock
from app.services import own_alerts
from app.services.alerts.alert_intake import AlertIntake
from app.services.alerts.own_monitor import own_monitor_id
from app.services.periodic import Interval
from app.store.contacts import failing_channels
from app.store.database.engine import Database

LOOK_EVERY_S = 15.0
EXTERNAL_ID = "channel:{}"
MAX_ERROR = 300


class FailingChannels:
    """Two leaders that look at once report the same, which changes nothing. Methods raise DatabaseUnavailable."""

    def __init__(self, database: Database, intake: AlertIntake, failing_min: float) -> None:
        self._database = database
        self._intake = intake
        self._limit = timedelta(minutes=failing_min)
        self._looking = Interval(LOOK_EVERY_S)

    def tick(self) -> None:
        """Look, at intervals, which channels fail and which work again."""
        if self._looking.is_over():
            self.look()

    def look(self) -> None:
        """Raise and resolve the alerts."""
        with self._database.reading() as connection:
            failing = {row["id"]: row for row in failing_channels.since(connection, clock.now() - self._limit)}
            alarmed = set(failing_channels.open_alerts(connection, EXTERNAL_ID.format("")))
        known = {EXTERNAL_ID.format(channel_id): row for channel_id, row in failing.items()}
        begun, ended = known.keys() - alarmed, alarmed - known.keys()
        if not begun and not ended:
            return
        with self._database.transaction() as connection:
            monitor_id = own_monitor_id(connection)
            for external_id in sorted(begun):
                self._fire(connection, monitor_id, external_id, known[external_id])
            for external_id in sorted(ended):
                own_alerts.end(self._intake, connection, monitor_id, external_id)

    def _fire(self, connection: Connection, monitor_id: int, external_id: str, row: Mapping[Any, Any]) -> None:
        name = row["name"] if row["username"] is None else f"{row['name']} ({row['username']})"
        message = f"Channel {name} fails: it has accepted no message since {row['failing_since']:%Y-%m-%d %H:%M} UTC"
        error, labels = row["last_error"], {"alertname": "ChannelFailing", "channel": name}
        own_alerts.fire(
            self._intake, connection, monitor_id, external_id, f"{message}: {error[:MAX_ERROR]}", "", labels
        )
