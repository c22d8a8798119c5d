"""Deletes old pages, with their messages, and old decisions."""

from datetime import timedelta

from app import clock
from app.services.periodic import Interval
from app.store.database.engine import Database
from app.store.paging import page_decisions, pages

PRUNE_EVERY_S = 60.0
PAGE_BATCH_SIZE = 50
"""Few, because each takes its messages and may leave thousands of decisions without a page."""
DECISION_BATCH_SIZE = 500


class PageRetention:
    """What ended is kept as long as other history. Raises DatabaseUnavailable."""

    def __init__(self, database: Database, history_days: int) -> None:
        self._database = database
        self._kept = timedelta(days=history_days)
        self._pruning = Interval(PRUNE_EVERY_S)

    def tick(self) -> None:
        """Delete a few rows each minute, and at every tick while more are left."""
        if not self._pruning.is_over():
            return
        before = clock.now() - self._kept
        for prune, size in ((page_decisions.prune, DECISION_BATCH_SIZE), (pages.prune, PAGE_BATCH_SIZE)):
            with self._database.transaction() as connection:
                if prune(connection, before, size) >= size:
                    self._pruning.cut_short()
