"""Shows what monitors have of maintenance windows."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection

from app.enums import TERMINAL_STATES, PushState
from app.store.alerts import maintenance_pushes


def states_of(connection: Connection, window_ids: Collection[int]) -> dict[int, list[dict[str, Any]]]:
    """Return by window what its monitors have of it, or still must be told."""
    found: dict[int, list[dict[str, Any]]] = {window_id: [] for window_id in window_ids}
    for row in maintenance_pushes.shown(connection, window_ids) if window_ids else ():
        found[row["window_id"]].append({**row, "state": state_of(row), "is_wanted": row["wanted"] is not None})
    return found


def state_of(push: Mapping[Any, Any]) -> PushState:
    """Return how far a monitor is with what it must be told."""
    if push["done_version"] == push["version"]:
        return PushState.DONE
    is_over = push["task_state"] is None or push["task_state"] in TERMINAL_STATES
    return PushState.FAILED if is_over else PushState.WAITING
