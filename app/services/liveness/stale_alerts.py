"""Marks open alerts that their sources no longer confirm as stale, and resolves them by their monitor's rule."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection

from app import clock
from app.enums import AlertEventKind
from app.rules.liveness.confirmations import confirmed, stale_before
from app.services.liveness.watching import Seen
from app.store.alerts import alert_events, alerts, webhook_deliveries
from app.store.database.engine import Database
from app.store.inventory import monitors
from app.store.liveness import stale_alerts

ALERT_BATCH_SIZE = 500
BATCHES_PER_LOOK = 10
"""Limits the batches per look, so that a source with many alerts does not keep the leader from its other work."""
MONITOR_BATCH_SIZE = 500
BACKLOG = timedelta(seconds=60)
STALE = "Its source has not reported it for longer than it should: nobody knows whether it is over."
RESOLVED = "It was stale for as long as the monitor's rule allows: its source has not reported it again."

Conditions = Sequence[ColumnElement[bool]]
Value = TypeVar("Value")
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
        homes = {
            home_id: [seen.hearing(monitor) for monitor in group]
            for home_id, group in seen.homes().items()
            if behind.isdisjoint([home_id, *(monitor["id"] for monitor in group)])
        }
        for home_ids in _chunks([*homes]):
            self._change_all(stale_alerts.is_kept_open(home_ids), _confirm)
        # Most monitors have the same times, so few statements serve all of them.
        times = {home_id: confirmed(group, seen.time, self._pull_grace_s) for home_id, group in homes.items()}
        for since, alike in _grouped(times).items():
            for home_ids in _chunks(alike):
                self._change_all(stale_alerts.is_unconfirmed(home_ids, since), _mark)
        ends = {home_id: stale_before(group, seen.time) for home_id, group in homes.items()}
        for before, alike in _grouped(ends).items():
            for home_ids in _chunks(alike):
                if before is not None:
                    self._change_all(stale_alerts.is_overdue(home_ids, before), _resolve)

    def count(self) -> int:
        """Return how many open alerts are stale."""
        with self._database.reading() as connection:
            return stale_alerts.count(connection)

    def _change_all(self, conditions: Conditions, change: Change) -> None:
        for _ in range(BATCHES_PER_LOOK if conditions else 0):
            with self._database.reading() as connection:
                found = stale_alerts.find(connection, conditions, ALERT_BATCH_SIZE)
            if not found:
                return
            with self._database.transaction() as connection:
                # A report of one of them waits until they are changed, and then finds them so.
                for home_id in sorted({*found.values()}):
                    monitors.lock(connection, home_id)
                change(connection, sorted(found), conditions)
            if len(found) < ALERT_BATCH_SIZE:
                return


def _grouped(values: Mapping[int, Value]) -> dict[Value, list[int]]:
    """Return the keys by their value."""
    found: dict[Value, list[int]] = {}
    for key, value in values.items():
        found.setdefault(value, []).append(key)
    return found


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + MONITOR_BATCH_SIZE] for start in range(0, len(ids), MONITOR_BATCH_SIZE))


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
