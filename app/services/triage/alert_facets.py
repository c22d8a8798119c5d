"""Counts the alerts of a filter."""

from typing import Any

from app.store.database.engine import Database
from app.store.selection import alert_choices
from app.store.selection.alert_filters import AlertFilter

MAX_COUNT = 1_000_000


class AlertFacets:
    """`filters` are those of `AlertFilter.of`. Methods raise DatabaseUnavailable, and Invalid for a filter."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self, **filters: Any) -> int:
        """Return how many alerts a filter wants, up to `MAX_COUNT`."""
        with self._database.reading() as connection:
            return alert_choices.count(connection, AlertFilter.of(**filters), MAX_COUNT)
