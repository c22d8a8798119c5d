"""Manages monitors."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from sqlalchemy import Connection, RowMapping

from app import clock
from app.connectors.base import MonitorAccess
from app.enums import AuditedType, MonitorStatus, TaskState
from app.errors import Conflict, Invalid, NameTaken, NotFound
from app.metrics import TASKS
from app.rules.monitor_types import WEBHOOK, refuse_contact
from app.services.access.acting import acting_editor
from app.services.access.audit import record_creation, record_edit, record_removal
from app.services.inventory.monitor_audit import audited, audited_before
from app.services.inventory.monitor_checks import Check, check_connection, require_connection
from app.services.inventory.monitor_connections import PLAIN, SEALED, MonitorConnections, OpenConnector
from app.services.inventory.monitor_settings import (
    access_of,
    check_access,
    check_alertmanagers,
    check_group,
    check_new_access,
    readers_changed,
)
from app.services.ledger.task_events import TaskEvents
from app.store.alerts import score_samples
from app.store.database.engine import Database
from app.store.database.pages import Page, PageRequest
from app.store.database.vault import Vault
from app.store.inventory import item_values, monitors
from app.store.ledger import task_runs

Found = TypeVar("Found", bound=Mapping[Any, Any])


class MonitorService:
    """Methods that name a monitor raise NotFound; all raise DatabaseUnavailable."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        monitor_connections: MonitorConnections,
        open_connector: OpenConnector,
        events: TaskEvents,
    ) -> None:
        self._database = database
        self._vault = vault
        self._monitor_connections = monitor_connections
        self._open_connector = open_connector
        self._events = events

    def list(self, page: PageRequest) -> Page:
        """Return a page of monitors."""
        with self._database.reading() as connection:
            return monitors.fetch(connection, page)

    def names(self) -> dict[int, str]:
        """Return the names of all monitors, by id."""
        with self._database.reading() as connection:
            return {monitor_id: name for monitor_id, name, _ in monitors.names(connection)}

    def get(self, monitor_id: int) -> RowMapping:
        """Return one monitor."""
        with self._database.reading() as connection:
            return _found(monitors.find(connection, monitor_id), monitor_id)

    def create(self, fields: Mapping[str, Any]) -> RowMapping:
        """Add a monitor; with the field `check`, only if it can be signed in to. Without it, this sends nothing.

        Raises Invalid naming the field that is wrong, such as the type or the URL, and Conflict when the name is taken.
        """
        fields = {"url": "", **fields}
        is_checked = fields.pop("check", False)
        check_new_access(fields)
        if is_checked:
            require_connection(self._open_connector, fields["type"], access_of(fields))
        with self._database.transaction() as connection:
            _check_settings(connection, fields["type"], fields)
            _refuse_taken_name(connection, fields["name"])
            row = {**self._sealed(fields), "status": MonitorStatus.UNKNOWN, "created_at": clock.now()}
            monitor_id = monitors.add(connection, row)
            record_creation(connection, acting_editor(), AuditedType.MONITOR, monitor_id, audited(fields))
        return self.get(monitor_id)

    def update(self, monitor_id: int, changes: Mapping[str, Any]) -> RowMapping:
        """Change a monitor. Raises Invalid and Conflict as `create`.

        A stored credential is never sent where somebody else could read it: a new address, proxy or authority needs it
        again. Otherwise anyone who may change those, or has stolen such a user's token, could read what no response
        shows.
        """
        changes = dict(changes)
        if changes.pop("check", False):
            # Before the transaction: nothing waits for a monitor inside one.
            with self._database.reading() as connection:
                monitor = _found(monitors.find_sealed(connection, monitor_id), monitor_id)
            require_connection(self._open_connector, monitor["type"], self._changed_access(monitor, changes))
        with self._database.transaction() as connection:
            monitor = _found(monitors.find_sealed(connection, monitor_id), monitor_id)
            self._changed_access(monitor, changes)
            _check_settings(connection, monitor["type"], changes, monitor_id)
            if "name" in changes:
                _refuse_taken_name(connection, changes["name"], monitor_id)
            if changes:
                whole = {**_found(monitors.find(connection, monitor_id), monitor_id), **monitor}
                before, after = audited_before(whole, changes), audited(changes)
                monitors.change(connection, monitor_id, self._sealed(changes))
                record_edit(connection, acting_editor(), AuditedType.MONITOR, monitor_id, before, after)
        return self.get(monitor_id)

    def delete(self, monitor_id: int) -> None:
        """Delete a monitor with its hosts, items and alerts; cancel its tasks that have not ended."""
        with self._database.transaction(is_long=True) as connection:
            item_values.forget(connection, monitor_id)
            monitor = _found(monitors.find(connection, monitor_id), monitor_id)
            monitors.remove(connection, monitor_id)
            gone = {name: monitor[name] for name in ("name", "type", "url")}
            record_removal(connection, acting_editor(), AuditedType.MONITOR, monitor_id, gone)
            cancelled = task_runs.cancel_of_monitor(connection, monitor_id, clock.now())
            score_samples.forget(connection, score_samples.monitor_scope(monitor_id))
        self._events.changed(cancelled)
        for task in cancelled:
            TASKS.add(task["type"], TaskState.CANCELLED)

    def check(self, monitor_id: int) -> Check:
        """Sign in to a monitor, enabled or not, and get its version; its status then shows the result.

        Raises Conflict if it only receives.
        """
        with self._database.reading() as connection:
            monitor = _found(monitors.find_sealed(connection, monitor_id), monitor_id)
        refuse_contact(monitor_id, monitor["type"])
        access = self._monitor_connections.access(monitor)
        check = check_connection(self._open_connector, monitor["type"], access, monitor_id)
        with self._database.transaction() as connection:
            status = MonitorStatus.OK if check.ok else MonitorStatus.ERROR
            monitors.record_contact(connection, monitor_id, status, check.error)
        return check

    def check_new(self, fields: Mapping[str, Any]) -> Check:
        """Sign in to a monitor that is not saved, and get its version; nothing is stored.

        Raises Invalid naming the field that is wrong, and Conflict if it only receives.
        """
        fields = {"url": "", **fields}
        check_new_access(fields)
        if fields["type"] == WEBHOOK:
            raise Conflict(f"a monitor of type {WEBHOOK} only receives alerts: there is nothing to check")
        return check_connection(self._open_connector, fields["type"], access_of(fields))

    def check_changes(self, monitor_id: int, changes: Mapping[str, Any]) -> Check:
        """Sign in to a monitor as it would be after changes, and get its version; nothing is stored.

        Raises Invalid naming the field that is wrong, or a credential to enter again, and Conflict if it only receives.
        """
        with self._database.reading() as connection:
            monitor = _found(monitors.find_sealed(connection, monitor_id), monitor_id)
        refuse_contact(monitor_id, monitor["type"])
        return check_connection(self._open_connector, monitor["type"], self._changed_access(monitor, changes))

    def is_there_any(self) -> bool:
        """Return whether there is any monitor."""
        with self._database.reading() as connection:
            return monitors.is_there_any(connection)

    def _changed_access(self, monitor: Mapping[Any, Any], changes: Mapping[str, Any]) -> MonitorAccess:
        """Return how a monitor is reached after changes. Raises Invalid naming a field that is wrong or kept."""
        access = self._monitor_connections.access(monitor, except_for=changes)
        kept = {name: getattr(access, name) for name in (*PLAIN, *SEALED)}
        fields = {**kept, "type": monitor["type"], **changes}
        check_access(fields)
        for reason in readers_changed(self._monitor_connections.access(monitor), changes):
            _refuse_kept_secrets(monitor, changes, reason)
        return access_of(fields)

    def _sealed(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        return {
            SEALED.get(name, name): self._vault.seal(_text_of(value)) if name in SEALED else value
            for name, value in fields.items()
        }


def _found(monitor: Found | None, monitor_id: int) -> Found:
    if monitor is None:
        raise NotFound(f"there is no monitor {monitor_id}")
    return monitor


def _text_of(secret: str | Mapping[str, str] | None) -> str | None:
    """Return a secret as the text to encrypt; None if there is none."""
    if secret is None or isinstance(secret, str):
        return secret
    return json.dumps(secret) if secret else None


def _refuse_kept_secrets(monitor: Mapping[Any, Any], changes: Mapping[str, Any], reason: str) -> None:
    for name, column in SEALED.items():
        if monitor[column] is not None and name not in changes:
            raise Invalid(name, f"enter it again, or remove it with null: {reason}")


def _refuse_taken_name(connection: Connection, name: str, except_id: int | None = None) -> None:
    if monitors.is_name_taken(connection, name, except_id):
        raise NameTaken(f"there is already a monitor named {name}")


def _check_settings(connection: Connection, type: str, fields: Mapping[str, Any], except_id: int | None = None) -> None:
    check_alertmanagers(type, fields.get("alertmanager_urls", []))
    check_group(connection, type, fields.get("ha_group"), except_id)
