"""Manages maintenance windows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping

from app import clock
from app.errors import Invalid, NotFound
from app.services.access.audit import Editor
from app.services.alerts.suppression import update_all_marks
from app.store.alerts import maintenance
from app.store.database.engine import Database
from app.store.database.pages import Page, PageRequest
from app.store.inventory import hosts, monitors

SCOPE = ("monitor_id", "host_id", "group", "match")
COLUMNS = ("monitor_id", "host_id", "group_name", "match")


class MaintenanceService:
    """Methods that name a window raise NotFound; all raise DatabaseUnavailable.

    A change and its effect on the open alerts are one transaction.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, page: PageRequest, active: bool | None = None) -> Page:
        """Return a page of windows, newest first; with `active` only those that are active now."""
        with self._database.reading() as connection:
            return maintenance.fetch(connection, page, active_at=clock.now() if active else None)

    def get(self, window_id: int) -> RowMapping:
        """Return one window."""
        with self._database.reading() as connection:
            return _found(connection, window_id)

    def create(self, fields: Mapping[str, Any], by: Editor) -> RowMapping:
        """Add a window. Raises NotFound if its monitor or host does not exist, Invalid naming the wrong field."""
        with self._database.transaction() as connection:
            _validate(connection, {**dict.fromkeys(SCOPE), **fields})
            row = {**_columns(fields), "created_by": by.username, "created_at": clock.now(), "is_applied": False}
            window_id = maintenance.add(connection, {**dict.fromkeys(COLUMNS), **row})
            update_all_marks(connection, clock.now())
            return _found(connection, window_id)

    def update(self, window_id: int, changes: Mapping[str, Any]) -> RowMapping:
        """Change a window; alerts that it no longer covers become unsuppressed. Raises as `create`."""
        with self._database.transaction() as connection:
            _validate(connection, {**_found(connection, window_id), **changes})
            if changes:
                maintenance.change(connection, window_id, _columns(changes))
                update_all_marks(connection, clock.now())
            return _found(connection, window_id)

    def delete(self, window_id: int) -> None:
        """Delete a window, with the same effect as ending it."""
        with self._database.transaction() as connection:
            if not maintenance.remove(connection, window_id):
                raise NotFound(f"there is no maintenance window {window_id}")
            update_all_marks(connection, clock.now())


def _found(connection: Connection, window_id: int) -> RowMapping:
    window = maintenance.find(connection, window_id)
    if window is None:
        raise NotFound(f"there is no maintenance window {window_id}")
    return window


def _columns(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"group_name" if name == "group" else name: value for name, value in fields.items()}


def _validate(connection: Connection, window: Mapping[Any, Any]) -> None:
    starts_at, ends_at = window["starts_at"], window["ends_at"]
    if not isinstance(starts_at, datetime) or not isinstance(ends_at, datetime) or starts_at >= ends_at:
        raise Invalid("ends_at", "Must be after starts_at.")
    if all(window[name] is None for name in SCOPE):
        raise Invalid("monitor_id", "Give a monitor_id, a host_id, a group or a match.")
    if window["monitor_id"] is not None and monitors.find(connection, window["monitor_id"]) is None:
        raise NotFound(f"there is no monitor {window['monitor_id']}")
    if window["host_id"] is not None and hosts.find(connection, window["host_id"]) is None:
        raise NotFound(f"there is no host {window['host_id']}")
