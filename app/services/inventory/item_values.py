"""Keeps the values of items for some hours, and their hourly summaries for some days."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping

from app import clock
from app.errors import NotFound
from app.models.item_values import EPOCH, HOUR, HOURS_A_DAY, hour_of
from app.rules.item_numbers import finite_number
from app.services.periodic import Interval
from app.store.database.engine import Database
from app.store.database.pages import Page, PageRequest
from app.store.inventory import item_values, items, value_summaries
from app.store.inventory.pulled_items import PulledItem

MAX_CLOCK_AHEAD = timedelta(hours=1)
"""How far a source's clock may be ahead of this one."""
PRUNE_EVERY_S = 60.0
PRUNE_BATCH_SIZE = 5000
STEP_BATCH_SIZE = 20
ITEM_BATCH_SIZE = 5000
ORPHAN_BATCH_SIZE = 200


class ItemValues:
    """All methods raise DatabaseUnavailable. If `hours` is 0, no values are kept; if `days` is 0, no summaries."""

    def __init__(self, database: Database, hours: float, days: int = 0) -> None:
        self._database = database
        self._kept = timedelta(hours=hours)
        self._summaries_kept = timedelta(days=days)
        self._pruning = Interval(PRUNE_EVERY_S)
        self._summed_up: int | None = None
        self._swept_days = 0

    def add(self, connection: Connection, written: Iterable[tuple[int, PulledItem]]) -> None:
        """Add the values of items that were just written, if they are numbers and not stored yet."""
        if not self._kept:
            return
        # Older values would soon be deleted, and added again by each pull.
        oldest, newest = self._span()
        points = [
            (item_id, row.value_at, number)
            for item_id, row in written
            if row.value_at is not None
            and oldest < row.value_at < newest
            and (number := finite_number(row.value, row.value_type)) is not None
        ]
        item_values.add(connection, points)

    def list(
        self, item_id: int, page: PageRequest, after: datetime | None = None, before: datetime | None = None
    ) -> Page:
        """Return a page of an item's values between two times, oldest first. Raises NotFound."""
        oldest, newest = self._span()
        with self._database.reading() as connection:
            if items.find(connection, item_id) is None:
                raise NotFound(f"there is no item {item_id}")
            return item_values.fetch(
                connection, page, item_id, max(oldest, after or oldest), min(newest, before or newest)
            )

    def summarize(self, item_ids: Collection[int], span: timedelta, steps: int) -> Mapping[int, Sequence[RowMapping]]:
        """Summarize the values of items over the last `span`, in about `steps` steps; return the steps by item id.

        A step has `at`, `lowest`, `highest` and `count`; the oldest comes first. An item without values has no steps.
        """
        oldest, newest = self._span()
        with self._database.reading() as connection:
            rows = item_values.summarize(connection, item_ids, max(oldest, clock.now() - span), newest, span / steps)
        found: dict[int, list[RowMapping]] = defaultdict(list)
        for row in rows:
            found[row["item_id"]].append(row)
        return found

    def between(self, item_id: int, after: datetime, before: datetime, steps: int) -> Sequence[Mapping[Any, Any]]:
        """Summarize an item's values between two times, as `summarize` does; by the hour if they are no longer kept."""
        oldest, newest = self._span()
        with self._database.reading() as connection:
            if after < oldest:
                rows = value_summaries.fetch_all(connection, item_id, after - HOUR, min(before, newest), oldest)
                return [_shown(row) for row in rows]
            return item_values.summarize(connection, [item_id], after, min(before, newest), (before - after) / steps)

    def list_summaries(
        self, item_id: int, page: PageRequest, after: datetime | None = None, before: datetime | None = None
    ) -> Page:
        """Return a page of an item's hourly summaries between two times, oldest first. Raises NotFound."""
        oldest, newest = self._span()
        first = clock.now() - max(self._summaries_kept, self._kept)
        with self._database.reading() as connection:
            if items.find(connection, item_id) is None:
                raise NotFound(f"there is no item {item_id}")
            times = (max(first, after or first), min(newest, before or newest), oldest)
            found = value_summaries.fetch(connection, page, item_id, *times)
        return Page([_shown(row) for row in found.items], found.next_cursor)

    def summaries(self, item_id: int, span: timedelta) -> Sequence[Mapping[str, Any]]:
        """Return an item's hourly summaries over the last `span`, oldest first."""
        oldest, newest = self._span()
        with self._database.reading() as connection:
            rows = value_summaries.fetch_all(connection, item_id, clock.now() - span, newest, oldest)
        return [_shown(row) for row in rows]

    def tick(self) -> None:
        """Delete what is too old, each minute, in short steps, so that no other writer waits long.

        Values are summed up before.
        """
        if not self._pruning.is_over():
            return
        self._forget_summaries()
        before, _ = self._span()
        for _ in range(STEP_BATCH_SIZE):
            with self._database.reading() as connection:
                hour = item_values.oldest_hour(connection)
            if hour is None or hour >= hour_of(before):
                return
            self._sum_up(hour)
            with self._database.transaction() as connection:
                item_values.prune(connection, EPOCH + (hour + 1) * HOUR, PRUNE_BATCH_SIZE)
        self._pruning.cut_short()

    def _sum_up(self, hour: int) -> None:
        """Write the summaries of an hour before its first value is deleted."""
        if not self._summaries_kept or self._summed_up == hour:
            return
        last: int | None = 0
        while last is not None:
            with self._database.transaction() as connection:
                last = value_summaries.sum_up(connection, hour, last, ITEM_BATCH_SIZE)
        self._summed_up = hour

    def _forget_summaries(self) -> None:
        """Delete some summaries that are too old, and of one day after another those of items that are deleted."""
        now = clock.now()
        with self._database.transaction() as connection:
            pruned = value_summaries.prune(connection, now - self._summaries_kept, PRUNE_BATCH_SIZE)
        day = hour_of(now) // HOURS_A_DAY - self._swept_days
        with self._database.reading() as connection:
            orphans = value_summaries.orphans(connection, day, ORPHAN_BATCH_SIZE)
        if orphans:
            with self._database.transaction() as connection:
                value_summaries.forget(connection, day, orphans)
        if pruned >= PRUNE_BATCH_SIZE or len(orphans) >= ORPHAN_BATCH_SIZE:
            self._pruning.cut_short()
        else:
            self._swept_days = (self._swept_days + 1) % (self._summaries_kept.days + 1)

    def _span(self) -> tuple[datetime, datetime]:
        now = clock.now()
        return now - self._kept, now + MAX_CLOCK_AHEAD


def _shown(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a summary as it is shown: with the beginning of its hour and the mean."""
    return {**row, "at": EPOCH + row["hour"] * HOUR, "mean": row["total"] / row["count"]}
