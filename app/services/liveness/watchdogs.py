"""Raises an alert about each watchdog that does not fire: their absence is the alarm."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.enums import AlertStatus, Resolution
from app.models.watches import WATCHDOG
from app.rules.liveness.confirmations import Confirmed, confirmed
from app.services import own_alerts
from app.services.alerts.alert_intake import AlertIntake
from app.services.liveness import alarms
from app.services.liveness.watching import Seen
from app.store.database.engine import Database
from app.store.liveness import watchdogs, watches
from app.store.liveness.watches import Key

DESCRIPTION = "It fires as long as alerting works, so other alerts may not arrive here either."

Row = Mapping[Any, Any]


class Watchdogs:
    """One alert for each name that a monitor's `watchdogs` lists. Methods raise DatabaseUnavailable."""

    def __init__(self, database: Database, intake: AlertIntake, pull_grace_s: float) -> None:
        self._database = database
        self._intake = intake
        self._pull_grace_s = pull_grace_s

    def check(self, seen: Seen) -> None:
        """Raise the alerts of those that are absent, resolve those of the others."""
        for key in sorted(key for key in seen.ended if key[1].startswith(WATCHDOG)):
            self._end(key, is_expected=False)
        for home_id, monitors in seen.homes().items():
            if not any(monitor["watchdogs"] for monitor in monitors):
                continue
            since = confirmed([seen.hearing(monitor) for monitor in monitors], seen.time, self._pull_grace_s)
            for monitor in monitors:
                for name in monitor["watchdogs"]:
                    watch = seen.watches.get((monitor["id"], f"{WATCHDOG}{name}"))
                    if watch is not None:
                        self._check_one(home_id, monitor, name, watch, since)

    def _check_one(self, home_id: int, monitor: Row, name: str, watch: Row, since: Confirmed) -> None:
        with self._database.reading() as connection:
            alerts = watchdogs.named(connection, home_id, name)
        if watch["alarmed_at"]:
            if any(_is_open(alert) and alert["last_seen_at"] >= watch["alarmed_at"] for alert in alerts):
                self._end((monitor["id"], watch["subject"]), is_expected=True)
        elif is_absent(alerts, monitor["type"], watch["since"], since):
            self._raise(monitor, name, alerts)

    def _raise(self, monitor: Row, name: str, alerts: Sequence[Row]) -> None:
        subject, last = f"{WATCHDOG}{name}", max((alert["last_seen_at"] for alert in alerts), default=None)
        reported = f"was last reported at {last:%Y-%m-%d %H:%M} UTC" if last else "has never been reported"
        message = f"{monitor['name']}: the watchdog {name} does not fire, it {reported}"
        labels = {"alertname": "WatchdogAbsent", "watchdog": name, "monitor": monitor["name"]}
        with self._database.transaction() as connection:
            if alarms.note(connection, monitor["id"], [(monitor["id"], subject)], []):
                own_alerts.fire(self._intake, connection, monitor["id"], subject, message, DESCRIPTION, labels)

    def _end(self, key: Key, *, is_expected: bool) -> None:
        monitor_id, subject = key
        with self._database.transaction() as connection:
            if alarms.note(connection, monitor_id, [], [key]):
                own_alerts.end(self._intake, connection, monitor_id, subject)
            if not is_expected:
                watches.end(connection, [key])


def is_absent(alerts: Sequence[Row], monitor_type: str, expected_since: datetime, since: Confirmed) -> bool:
    """Return whether none of these alerts of a watchdog's name shows that it fires.

    What its source reported as ended is absent at once, what nobody reported only after the time for its source.
    """
    for alert in alerts:
        moment = since.since(alert["source"], was_pulled=alert["pulled_at"] is not None)
        may_fire = _is_open(alert) or alert["resolution"] == Resolution.USER
        if may_fire and (moment is None or alert["last_seen_at"] >= moment):
            return False
    if any(_ended_after(alert, expected_since) for alert in alerts):
        return True
    moment = since.since(monitor_type, was_pulled=since.is_pulled)
    return moment is not None and expected_since <= moment


def _is_open(alert: Row) -> bool:
    return bool(alert["status"] != AlertStatus.RESOLVED)


def _ended_after(alert: Row, moment: datetime) -> bool:
    is_over = not _is_open(alert) and alert["resolution"] != Resolution.USER
    return is_over and alert["resolved_at"] is not None and bool(alert["resolved_at"] > moment)
