"""Counts the open alerts that a route's filters hold for now."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from app.enums import Language
from app.errors import Invalid, NotFound
from app.rules.response.notifications import Rule
from app.rules.response.route_filters import conditions_of
from app.services.response.route_fields import columns_of
from app.store.database.engine import Database
from app.store.response import notifications, route_matches

SHOWN = 5
UNSAVED: Mapping[str, Any] = {
    **{"id": 0, "min_severity": 0, "monitor_id": None, "group_name": None, "match": None, "kinds": ()},
    **{"quiet_from": None, "quiet_until": None, "timezone": "UTC", "language": Language.ENGLISH, "batch_s": 0},
}
"""A route without filters."""


class RouteMatches:
    """Methods raise DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, route_id: int) -> dict[str, Any]:
        """Return how many open alerts a route's filters and those above it match, whatever other routes take.

        Raises NotFound.
        """
        with self._database.reading() as connection:
            rows = {row["id"]: row for row in notifications.every(connection)}
            if route_id not in rows:
                raise NotFound(f"there is no route {route_id}")
            return _matches(connection, _with_ancestors(rows, route_id))

    def preview(self, filters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the same for filters that are not saved, below the route `parent_id`. Raises Invalid."""
        parent_id = filters.get("parent_id")
        with self._database.reading() as connection:
            rows = {row["id"]: row for row in notifications.every(connection)}
            if parent_id is not None and parent_id not in rows:
                raise Invalid("parent_id", f"There is no route {parent_id}.")
            above = _with_ancestors(rows, parent_id)
            return _matches(connection, [{**UNSAVED, **columns_of(filters)}, *above])


def _matches(connection: Connection, rows: Iterable[Mapping[Any, Any]]) -> dict[str, Any]:
    rules = [Rule.from_row(row) for row in rows]
    found = route_matches.find(connection, rules, SHOWN)
    return {
        "count": found.count,
        "is_exact": found.is_exact,
        "looked_at": found.looked_at,
        "alerts": found.alerts,
        "warning": _warning(rules, found),
    }


def _with_ancestors(rows: Mapping[int, Mapping[Any, Any]], route_id: int | None) -> list[Mapping[Any, Any]]:
    found = []
    each = route_id
    while each is not None:
        found.append(rows[each])
        each = rows[each]["parent_id"]
    return found


def _warning(rules: list[Rule], found: route_matches.Matches) -> str | None:
    if not any(map(conditions_of, rules)):
        return "matches_everything"
    return "matches_nothing" if not found.count else None
