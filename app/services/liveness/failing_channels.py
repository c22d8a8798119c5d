"""Raises an alert about each channel that has accepted no message for long, and resolves it when it works again."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from app import clock
from app.services import own_alerts
from app.services.alerts.alert_intake import AlertIntake
from app.services.own_alerts import OwnAlert
from app.services.periodic import Interval
from app.store.contacts import failing_channels
from app.store.database.engine import Database

LOOK_EVERY_S = 15.0
PREFIX = "channel:"
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
            failing = failing_channels.since(connection, clock.now() - self._limit)
            alarmed = own_alerts.standing(connection, PREFIX)
        known = {f"{PREFIX}{row['id']}": row for row in failing}
        begun = {external_id: _alert(known[external_id]) for external_id in known.keys() - alarmed.keys()}
        own_alerts.follow(self._database, self._intake, begun, alarmed.keys() - known.keys())


def _alert(row: Mapping[Any, Any]) -> OwnAlert:
    name = row["name"] if row["username"] is None else f"{row['name']} ({row['username']})"
    message = f"Channel {name} fails: it has accepted no message since {row['failing_since']:%Y-%m-%d %H:%M} UTC"
    labels = {"alertname": "ChannelFailing", "channel": name}
    return OwnAlert(f"{message}: {row['last_error'][:MAX_ERROR]}", "", labels)
