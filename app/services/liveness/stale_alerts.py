"""Marks open alerts that their sources no longer confirm as stale, and resolves them by their monitor's rule."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection

from app import clock
from app.enums import AlertEventKind
from app.rules.confirmations import RESOLVE_STALE_S, confirmed
from app.services.liveness.watching import Seen
from app.store.alerts import alert_events, alerts, webhook_deliveries
from app.store.database.engine import Database
from app.store.inventory import monitors
from app.store.liveness import stale_alerts

ALERT_BATCH_SIZE = 500
BATCHES_PER_LOOK = 10
"""Limits the batches per look, so that a source with many alerts does not keep the leader from its other work."""
BACKLOG = timedelta(seconds=60)
STALE = "Its source has not reported it for longer than it should: nobody knows whether it is over."
RESOLVED = "It was stale for as long as the monitor's rule allows: its source has not reported it again."

Conditions = Sequence[ColumnElement[bool]]
Change = Callable[[Connection, Sequence[int], Conditions], None]


class StaleAlerts:
    """Works in batches, each in a transaction of its own. Methods raise DatabaseUnavailable."""

    def __init__(self, database: Database, pull_grace_s: float) -> None:
        self._database = database
        self._pull_grace_s = pull_grace_s

    def check(self, seen: Seen) -> None:
        """Mark what became stale and what no longer is, and resolve what has been stale for long enough."""
        with self._database.reading() as connection:
            # What they posted waits here, and may confirm the alerts.
            behind = {*webhook_deliveries.monitors_that_wait(connection, clock.now() - BACKLOG)}
        for home_id, group in seen.homes().items():
            if behind.isdisjoint([home_id, *(monitor["id"] for monitor in group)]):
                self._change_all(home_id, stale_alerts.is_kept_open(home_id), _confirm)
                self._mark(seen, home_id, group)
                self._resolve(seen, home_id, group)

    def count(self) -> int:
        """Return how many open alerts are stale."""
        with self._database.reading() as connection:
            return stale_alerts.count(connection)

    def _mark(self, seen: Seen, home_id: int, group: Sequence[Mapping[Any, Any]]) -> None:
        since = confirmed([seen.hearing(monitor) for monitor in group], seen.time, self._pull_grace_s)
        conditions = stale_alerts.is_unconfirmed(home_id, since)
        if conditions is not None:
            self._change_all(home_id, conditions, _mark)

    def _resolve(self, seen: Seen, home_id: int, group: Sequence[Mapping[Any, Any]]) -> None:
        rules = [monitor["resolve_stale_after_s"] for monitor in group]
        before = seen.time.since(max(RESOLVE_STALE_S if rule is None else rule for rule in rules))
        heard_since = [hearing.heard_since for hearing in map(seen.hearing, group)]
        # An alert of a monitor that was disabled meanwhile gets all the time again.
        if before is not None and all(moment is not None and moment <= before for moment in heard_since):
            self._change_all(home_id, stale_alerts.is_overdue(home_id, before), _resolve)

    def _change_all(self, home_id: int, conditions: Conditions, change: Change) -> None:
        for _ in range(BATCHES_PER_LOOK):
            with self._database.reading() as connection:
                found = stale_alerts.find(connection, conditions, ALERT_BATCH_SIZE)
            if not found:
                return
            with self._database.transaction() as connection:
                # A report of one of them waits until they are changed, and then finds them so.
                monitors.lock(connection, home_id)
                change(connection, found, conditions)
            if len(found) < ALERT_BATCH_SIZE:
                return


def _mark(connection: Connection, alert_ids: Sequence[int], conditions: Conditions) -> None:
    now = clock.now()
    rows = stale_alerts.mark(connection, alert_ids, conditions, now)
    alert_events.add(connection, [(row["id"], AlertEventKind.STALE) for row in rows], now, comment=STALE)


def _confirm(connection: Connection, alert_ids: Sequence[int], conditions: Conditions) -> None:
    rows = stale_alerts.confirm(connection, alert_ids, conditions)
    alert_events.add(connection, [(row["id"], AlertEventKind.CONFIRMED) for row in rows], clock.now())


def _resolve(connection: Connection, alert_ids: Sequence[int], conditions: Conditions) -> None:
    now = clock.now()
    rows = stale_alerts.resolve(connection, alert_ids, conditions, now)
    alert_events.add(connection, [(row["id"], AlertEventKind.RESOLVED) for row in rows], now, comment=RESOLVED)
    alerts.refresh_marks_of(connection, rows, now)
