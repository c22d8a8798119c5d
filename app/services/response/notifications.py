"""Manages notifications."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping

from app import clock
from app.channels.sender import Sender
from app.enums import Language
from app.errors import Conflict, Invalid, NotFound
from app.rules.response.notification_templates import FIELDS, templates_in
from app.rules.timezones import is_timezone
from app.services.response.message_writer import MessageWriter
from app.store.database.engine import Database
from app.store.database.pages import Page, PageRequest
from app.store.database.vault import Vault
from app.store.inventory import monitors
from app.store.response import notifications


class NotificationService:
    """Methods that name a notification raise NotFound; all raise DatabaseUnavailable.

    A rule's `url` is a secret: it is stored encrypted, and no method returns it.
    """

    def __init__(self, database: Database, vault: Vault, sender: Sender, writer: MessageWriter) -> None:
        self._database = database
        self._vault = vault
        self._sender = sender
        self._writer = writer

    def list(self, page: PageRequest) -> Page:
        """Return a page of notifications."""
        with self._database.reading() as connection:
            found = notifications.fetch(connection, page)
        return Page([_shown(row) for row in found.items], found.next_cursor)

    def get(self, notification_id: int) -> Mapping[str, Any]:
        """Return one notification."""
        with self._database.reading() as connection:
            return _shown(_found(notifications.find(connection, notification_id), notification_id))

    def create(self, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        """Add a notification; this sends nothing.

        Raises Invalid naming the invalid field, Conflict when the name is taken.
        """
        self._validate(fields)
        row = {**self._columns(fields), "created_at": clock.now()}
        with self._database.transaction() as connection:
            _check_references(connection, fields)
            notification_id = notifications.add(connection, row)
            return _shown(_found(notifications.find(connection, notification_id), notification_id))

    def update(self, notification_id: int, changes: Mapping[str, Any]) -> Mapping[str, Any]:
        """Change a notification. Raises Invalid and Conflict as `create`."""
        self.get(notification_id)
        self._validate(changes)
        values = self._columns(changes)
        with self._database.transaction() as connection:
            _found(notifications.find(connection, notification_id), notification_id)
            _check_references(connection, changes, notification_id)
            if values:
                notifications.change(connection, notification_id, values)
            return _shown(_found(notifications.find(connection, notification_id), notification_id))

    def delete(self, notification_id: int) -> None:
        """Delete a notification; its pending events are not sent."""
        with self._database.transaction() as connection:
            if not notifications.remove(connection, notification_id):
                raise NotFound(f"there is no notification {notification_id}")

    def _validate(self, fields: Mapping[str, Any]) -> None:
        """Check fields whose check takes too long for a transaction."""
        if "timezone" in fields and not is_timezone(fields["timezone"]):
            raise Invalid("timezone", "Must be an IANA time zone, such as Asia/Shanghai.")
        if "url" in fields:
            fault = self._sender.find_fault(fields["url"])
            if fault is not None:
                raise Invalid("url", fault)
        self._validate_templates(fields)

    def _validate_templates(self, fields: Mapping[str, Any]) -> None:
        language, timezone = Language(fields.get("language", Language.ENGLISH)), fields.get("timezone", "UTC")
        fault = self._writer.find_fault(language, timezone, templates_in(fields))
        if fault is not None:
            raise Invalid(fault.field, str(fault))

    def _columns(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        columns = dict(fields)
        if "url" in columns:
            columns["url_sealed"] = self._vault.seal(columns.pop("url"))
            # An error of the old address says nothing about the new one.
            columns["last_error"] = None
        if columns.keys() & {*FIELDS}:
            # Neither does one of the old templates.
            columns["last_error"] = None
        if "group" in columns:
            columns["group_name"] = columns.pop("group")
        if "on" in columns:
            columns["kinds"] = columns.pop("on")
        if "quiet_hours" in columns:
            hours = columns.pop("quiet_hours") or {"from": None, "until": None}
            columns |= {"quiet_from": hours["from"], "quiet_until": hours["until"]}
        return columns


def _found(row: RowMapping | None, notification_id: int) -> RowMapping:
    if row is None:
        raise NotFound(f"there is no notification {notification_id}")
    return row


def _shown(row: Mapping[Any, Any]) -> dict[str, Any]:
    hours = {"from": row["quiet_from"], "until": row["quiet_until"]} if row["quiet_from"] else None
    return {**row, "group": row["group_name"], "on": row["kinds"], "quiet_hours": hours}


def _check_references(connection: Connection, fields: Mapping[str, Any], except_id: int | None = None) -> None:
    monitor_id = fields.get("monitor_id")
    if monitor_id is not None and monitors.find(connection, monitor_id) is None:
        raise Invalid("monitor_id", f"there is no monitor {monitor_id}")
    if "name" in fields and notifications.is_name_taken(connection, fields["name"], except_id):
        raise Conflict(f"there is already a notification named {fields['name']}")
