"""Keeps the values of items for some hours."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping

from app import clock
from app.errors import NotFound
from app.rules.item_numbers import finite_number
from app.services.periodic import Interval
from app.store.database.engine import Database
from app.store.database.pages import Page, PageRequest
from app.store.inventory import item_values, items
from app.store.inventory.pulled_items import PulledItem

MAX_CLOCK_AHEAD = timedelta(hours=1)
"""How far a source's clock may be ahead of this one."""
PRUNE_EVERY_S = 60.0
PRUNE_BATCH_SIZE = 5000
STEP_BATCH_SIZE = 20


class ItemValues:
    """All methods raise DatabaseUnavailable. If `hours` is 0, nothing is kept."""

    def __init__(self, database: Database, hours: float) -> None:
        self._database = database
        self._kept = timedelta(hours=hours)
        self._pruning = Interval(PRUNE_EVERY_S)

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

    def tick(self) -> None:
        """Delete values that are too old, each minute, in short steps, so that no other writer waits long."""
        if not self._pruning.is_over():
            return
        before, _ = self._span()
        for _ in range(STEP_BATCH_SIZE):
            with self._database.transaction() as connection:
                count = item_values.prune(connection, before, PRUNE_BATCH_SIZE)
            if count < PRUNE_BATCH_SIZE:
                return
        self._pruning.cut_short()

    def _span(self) -> tuple[datetime, datetime]:
        now = clock.now()
        return now - self._kept, now + MAX_CLOCK_AHEAD
