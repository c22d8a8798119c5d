"""Reads the values that items had before nagare knew them, from monitors that keep them."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from math import isfinite
from typing import cast

from app import clock
from app.connectors.base import Connector, HasHistory, PastValue
from app.errors import Conflict, NotFound
from app.models.item_values import EPOCH, HOUR, hour_of
from app.rules.progress_messages import ProgressUnit, counted
from app.services.inventory.monitor_connections import MonitorConnections
from app.services.ledger.task_lifecycle import Step, no_step
from app.store.database.engine import Database
from app.store.inventory import hosts, item_values, items, value_summaries
from app.store.inventory.value_summaries import Summary

MINUTE = timedelta(minutes=1)


class Backfills:
    """Raises NotFound, Conflict, SourceError, DatabaseUnavailable, TaskInterrupted; can be run again.

    Values that are already stored stay. Those of the last `values_hours` are stored as they were, older ones as hourly
    summaries, for `value_days`.
    """

    def __init__(
        self, database: Database, monitor_connections: MonitorConnections, *, values_hours: float, value_days: int
    ) -> None:
        self._database = database
        self._monitor_connections = monitor_connections
        self._values_kept = timedelta(hours=values_hours)
        self._summaries_kept = timedelta(days=value_days)

    def item(self, monitor_id: int, host_id: int, item_id: int, hours: int, step: Step = no_step) -> dict[str, int]:
        """Read what an item's values were in the last hours; return how many values and how many hours were read."""
        with self._database.reading() as connection:
            host, item = hosts.find(connection, host_id), items.find(connection, item_id)
        if host is None or item is None or item["host_id"] != host_id:
            raise NotFound(f"there is no item {item_id} of host {host_id}")
        now, span = clock.now(), timedelta(hours=hours)
        values = summaries = 0
        step(0, 2, "")
        with self._monitor_connections.open(monitor_id) as connector:
            source = _with_history(connector)
            named = (host["external_id"], item["external_id"], item["value_type"])
            after = now - min(span, self._values_kept)
            taken = self._minutes(item_id, after, now)
            for page in source.history(*named, after, now, by_hour=False) if after < now else ():
                values += self._add_values(item_id, page, taken, after, now)
                step(0, 2, counted((values, ProgressUnit.VALUES)))
            step(1, 2, counted((values, ProgressUnit.VALUES)))
            # Without the hour that is not over: a summary of it would stay as it is.
            first, last = (EPOCH + hour_of(at) * HOUR for at in (now - min(span, self._summaries_kept), now))
            for page in source.history(*named, first, last, by_hour=True) if first < last else ():
                summaries += self._add_summaries(item_id, page, first, last)
                step(1, 2, counted((values, ProgressUnit.VALUES), (summaries, ProgressUnit.HOURS)))
        step(2, 2, counted((values, ProgressUnit.VALUES), (summaries, ProgressUnit.HOURS)))
        return {"values": values, "hours": summaries}

    def _minutes(self, item_id: int, after: datetime, before: datetime) -> set[int]:
        """Return the minutes that have a value: a source that interpolates would add another one beside it."""
        with self._database.reading() as connection:
            times = item_values.times(connection, item_id, after, before)
        return {_minute_of(at) for at in times}

    def _add_values(
        self, item_id: int, page: Iterable[PastValue], taken: set[int], after: datetime, before: datetime
    ) -> int:
        points = [
            (item_id, row.at, row.last)
            for row in page
            if after < row.at < before and isfinite(row.last) and _minute_of(row.at) not in taken
        ]
        with self._database.transaction() as connection:
            item_values.add(connection, points)
        return len(points)

    def _add_summaries(self, item_id: int, page: Sequence[PastValue], first: datetime, last: datetime) -> int:
        found = [_summary(item_id, row) for row in page if first <= row.at < last and _is_sound(row)]
        with self._database.transaction() as connection:
            value_summaries.add(connection, found)
        return len(found)


def _with_history(connector: Connector) -> HasHistory:
    # Not by isinstance, which does not see what a wrapped connector has.
    if not callable(getattr(connector, "history", None)):
        raise Conflict("monitors of this type return no past values")
    return cast(HasHistory, connector)


def _minute_of(at: datetime) -> int:
    return (at - EPOCH) // MINUTE


def _is_sound(row: PastValue) -> bool:
    return row.count > 0 and all(map(isfinite, (row.lowest, row.highest, row.mean, row.last)))


def _summary(item_id: int, row: PastValue) -> Summary:
    total = max(-value_summaries.LARGEST, min(value_summaries.LARGEST, row.mean)) * row.count
    return Summary(item_id, hour_of(row.at), row.count, row.lowest, row.highest, total, row.last)
