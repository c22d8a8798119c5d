"""Knows which of the first steps are done: add a monitor, pull, see, be told."""

from typing import Any

from app.store.database.engine import Database
from app.store.operation import first_steps


class FirstSteps:
    """Methods raise DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self) -> dict[str, Any]:
        """Return the monitor of the demo, the first monitor that a person added, and whether each step is done."""
        with self._database.reading() as connection:
            found = first_steps.find(connection)
        return {
            "demo_monitor_id": found["demo_monitor_id"],
            "monitor_id": found["monitor_id"],
            "add": found["monitor_id"] is not None,
            "pull": bool(found["is_pulled"]),
            "see": bool(found["is_seen"]),
            "be_told": bool(found["is_told"]),
        }
