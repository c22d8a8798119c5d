"""Counts the open alerts that a route's filters hold for now."""

from collections.abc import Mapping
from typing import Any

from app.errors import NotFound
from app.rules.response.notifications import Rule
from app.rules.response.route_filters import conditions_of
from app.store.database.engine import Database
from app.store.response import notifications, route_matches

SHOWN = 5


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
            rules = [Rule.from_row(row) for row in _with_ancestors(rows, route_id)]
            found = route_matches.find(connection, rules, SHOWN)
        return {
            "count": found.count,
            "is_exact": found.is_exact,
            "looked_at": found.looked_at,
            "alerts": found.alerts,
            "warning": _warning(rules, found),
        }


def _with_ancestors(rows: Mapping[int, Mapping[Any, Any]], route_id: int) -> list[Mapping[Any, Any]]:
    found = []
    each: int | None = route_id
    while each is not None:
        found.append(rows[each])
        each = rows[each]["parent_id"]
    return found


def _warning(rules: list[Rule], found: route_matches.Matches) -> str | None:
    if not any(map(conditions_of, rules)):
        return "matches_everything"
    return "matches_nothing" if not found.count else None
