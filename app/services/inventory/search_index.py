"""Keeps the text search index up to date; the leader runs it."""

from app import clock
from app.store.database import text_index
from app.store.database.engine import Database

TEXT_BATCH_SIZE = 1000
LONGEST_TURN_S = 0.1
"""No new batch starts after this time, so that a big pull does not keep the leader from its other work."""


class SearchIndex:
    """Methods raise DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def tick(self) -> None:
        """Update the index, or part of it after a big pull."""
        give_up_at = clock.monotonic() + LONGEST_TURN_S
        count = TEXT_BATCH_SIZE
        while count == TEXT_BATCH_SIZE and clock.monotonic() <= give_up_at:
            with self._database.transaction() as connection:
                count = text_index.refresh(connection, TEXT_BATCH_SIZE)
