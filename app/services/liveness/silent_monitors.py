"""Raises an alert about each monitor whose scheduled pulls fail or stop, and resolves it when they succeed again."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from app.services import own_alerts
from app.services.alerts.alert_intake import AlertIntake
from app.services.liveness import alarms
from app.services.liveness.watching import PULLS, Seen
from app.store.database.engine import Database
from app.store.liveness import watches
from app.store.liveness.watches import Key

EXTERNAL_ID = "silent:{}"
"""With the monitor's id: the monitors of an HA group keep their alerts together, and each can be silent."""
GRACE_S = 60.0
NOUNS = {"pull_hosts": "hosts", "pull_items": "items", "pull_alerts": "alerts"}
MAX_ERROR = 300
NO_ERROR = "no task failed: see whether workers run, and whether its tasks wait in the queue"

Row = Mapping[Any, Any]


class SilentMonitors:
    """One alert for each monitor, however many of its pulls do not succeed. Methods raise DatabaseUnavailable."""

    def __init__(self, database: Database, intake: AlertIntake) -> None:
        self._database = database
        self._intake = intake

    def check(self, seen: Seen) -> None:
        """Raise, change and resolve the alerts."""
        pulls = {key: watch for key, watch in seen.watches.items() if key[1] in PULLS}
        found = [key for key, watch in pulls.items() if watch["alarmed_at"] and _is_found(seen, key, watch)]
        missing = [key for key, watch in pulls.items() if not watch["alarmed_at"] and _is_missing(seen, key, watch)]
        if missing:
            with self._database.reading() as connection:
                running = watches.first_attempts(connection, PULLS)
            # A pull may take longer than the time between two runs.
            missing = [key for key in missing if key not in running]
        names = {monitor["id"]: monitor["name"] for monitor in seen.monitors}
        for monitor_id in sorted({monitor_id for monitor_id, _ in (*missing, *found)}):
            if monitor_id in names:
                self._change(seen, monitor_id, names[monitor_id], _of(missing, monitor_id), _of(found, monitor_id))

    def _change(self, seen: Seen, monitor_id: int, name: str, missing: list[Key], found: list[Key]) -> None:
        with self._database.transaction() as connection:
            if not alarms.note(connection, monitor_id, missing, found):
                return
            watches.end(connection, [key for key in found if key in seen.ended])
            external_id = EXTERNAL_ID.format(monitor_id)
            silent = [watch for watch in watches.alarmed(connection, monitor_id) if watch["subject"] in PULLS]
            if not silent:
                own_alerts.end(self._intake, connection, monitor_id, external_id)
                return
            error = _last_error(connection, silent)
            message = _message(name, silent)
            labels = {"alertname": "MonitorSilent", "monitor": name}
            own_alerts.fire(
                self._intake, connection, monitor_id, external_id, f"{message}: {error[:MAX_ERROR]}", error, labels
            )


def _is_found(seen: Seen, key: Key, watch: Row) -> bool:
    return key in seen.ended or (watch["heard_at"] is not None and watch["heard_at"] >= watch["alarmed_at"])


def _is_missing(seen: Seen, key: Key, watch: Row) -> bool:
    since = seen.time.since_runs(watch["rhythm"], GRACE_S)
    return key not in seen.ended and since is not None and _last_heard_at(watch) < since


def _last_heard_at(watch: Row) -> Any:
    """Return when it last succeeded, or since when it is expected, whichever is later."""
    return max(moment for moment in (watch["heard_at"], watch["since"]) if moment)


def _message(name: str, silent: Sequence[Row]) -> str:
    nouns = [NOUNS[watch["subject"]] for watch in sorted(silent, key=lambda watch: PULLS.index(watch["subject"]))]
    what = " and ".join([", ".join(nouns[:-1]), nouns[-1]] if len(nouns) > 1 else nouns)
    since = min(map(_last_heard_at, silent))
    return f"{name} is silent: no pull of {what} has succeeded since {since:%Y-%m-%d %H:%M} UTC"


def _last_error(connection: Connection, silent: Sequence[Row]) -> str:
    for watch in silent:
        error = watches.last_error(connection, watch["monitor_id"], watch["subject"], _last_heard_at(watch))
        if error:
            return error
    return NO_ERROR


def _of(keys: Sequence[Key], monitor_id: int) -> list[Key]:
    return [key for key in keys if key[0] == monitor_id]
