"""Finds anything by a part of its name: monitors, hosts, items, open alerts and tasks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from app.enums import TaskType
from app.store.console import search
from app.store.database.engine import Database
from app.store.ledger import task_runs


@dataclass(frozen=True, slots=True)
class Hit:
    """A thing that was found."""

    kind: str
    """`monitor`, `host`, `item`, `alert` or `task`."""
    id: int | str
    name: str
    beside: str
    """What tells it from others of its name: a host's address, an item's host, a task's state."""
    path: str
    """Its address, under `/api/v1` and in the dashboard alike."""
    row: Mapping[Any, Any]


class SearchService:
    """Raises DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, q: str, limit: int) -> list[Hit]:
        """Return up to `limit` things of each kind that contain the text; a task is found by its id only.

        Each kind is read no longer than a list's page is, so something rare may not be found where there is very much:
        the list's own search goes on from page to page.
        """
        wanted = q.strip()
        if not wanted:
            return []
        with self._database.reading() as connection:
            return [*_hits(connection, wanted, limit)]


def _hits(connection: Connection, q: str, limit: int) -> Iterator[Hit]:
    row: Mapping[Any, Any]
    for row in search.find_monitors(connection, q, limit):
        yield Hit("monitor", row["id"], row["name"], row["type"], f"/monitors/{row['id']}", row)
    for row in search.find_hosts(connection, q, limit):
        yield Hit("host", row["id"], row["display_name"], _beside_host(row), f"/hosts/{row['id']}", row)
    for row in search.find_open_alerts(connection, q, limit):
        yield Hit("alert", row["id"], row["message"], row["host"] or row["source"], f"/alerts/{row['id']}", row)
    for row in search.find_items(connection, q, limit):
        yield Hit("item", row["id"], row["name"], row["host"], f"/items/{row['id']}", row)
    # A task's id is its type and a number: people paste either the whole id or the number.
    ids = [q, *(f"{kind}:{q}" for kind in TaskType)]
    for row in task_runs.find_many(connection, ids):
        yield Hit("task", row["task_id"], row["type"], row["state"], f"/tasks/{row['task_id']}", row)


def _beside_host(row: Mapping[Any, Any]) -> str:
    return " · ".join(text for text in (row["name"], row["ip_addr"]) if text and text != row["display_name"])
