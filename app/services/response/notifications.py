"""Manages notifications: the flat view of the routes that end at a channel."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping

from app import clock
from app.enums import AuditedType, RouteTarget
from app.errors import Invalid, NameTaken, NotFound
from app.rules.response import decision_reasons as reasons
from app.services.access.audit import COMMAND_LINE, Editor, record_creation, record_edit, record_removal
from app.services.response.route_addresses import RouteAddresses, disconnect
from app.services.response.route_fields import RouteFields, columns_of, shown
from app.services.response.route_places import place, refuse_with_children
from app.store.database.engine import Database
from app.store.database.pages import Page, PageRequest
from app.store.inventory import monitors
from app.store.response import decisions, notifications

ADDRESS = ("url", "channel_id", "delivery")
"""Fields that say where a notification ends, and not what it takes."""


class NotificationService:
    """Methods that name a notification raise NotFound; all raise DatabaseUnavailable.

    A rule's `url` is a secret: it is stored encrypted, and no method returns it.
    """

    def __init__(self, database: Database, fields: RouteFields, addresses: RouteAddresses) -> None:
        self._database = database
        self._fields = fields
        self._addresses = addresses

    def list(self, page: PageRequest) -> Page:
        """Return a page of notifications."""
        with self._database.reading() as connection:
            found = notifications.fetch(connection, page)
        return Page([shown(row) for row in found.items], found.next_cursor)

    def get(self, notification_id: int) -> Mapping[str, Any]:
        """Return one notification."""
        with self._database.reading() as connection:
            return shown(_found(notifications.find(connection, notification_id), notification_id))

    def create(self, fields: Mapping[str, Any], editor: Editor = COMMAND_LINE) -> Mapping[str, Any]:
        """Add a notification, as the first route, so that none keeps its alerts from it; this sends nothing.

        Raises Invalid naming the invalid field, Conflict when the name is taken.
        """
        self._fields.validate(fields)
        with self._database.transaction() as connection:
            _check_references(connection, fields)
            address = self._addresses.connect(connection, fields)
            row = {**columns_of(_without_address(fields)), **address, "created_at": clock.now()}
            notification_id = notifications.add(connection, {**row, "target": RouteTarget.CHANNEL, "continues": True})
            place(connection, notification_id, None, 0)
            record_creation(connection, editor, AuditedType.ROUTE, notification_id, _audited(fields))
            return shown(_found(notifications.find(connection, notification_id), notification_id))

    def update(
        self, notification_id: int, changes: Mapping[str, Any], editor: Editor = COMMAND_LINE
    ) -> Mapping[str, Any]:
        """Change a notification. Raises Invalid and Conflict as `create`."""
        self.get(notification_id)
        self._fields.validate(changes)
        with self._database.transaction() as connection:
            row = _found(notifications.lock(connection, notification_id), notification_id)
            _check_references(connection, changes, notification_id)
            address = self._addresses.change(connection, row, changes)
            values = {**columns_of(_without_address(changes)), **address}
            if "url" in changes or "channel_id" in address:
                values["last_error"] = None
            if values:
                notifications.change(connection, notification_id, values)
            if "channel_id" in changes and changes["channel_id"] != row["channel_id"]:
                disconnect(connection, row)
            before = {**shown(row), "address": "", "delivery": ""}
            record_edit(connection, editor, AuditedType.ROUTE, notification_id, before, _audited(changes))
            return shown(_found(notifications.find(connection, notification_id), notification_id))

    def delete(self, notification_id: int, editor: Editor = COMMAND_LINE) -> None:
        """Delete a notification; its pending events are not sent. Raises Conflict if there are routes below it."""
        with self._database.transaction() as connection:
            row = _found(notifications.lock(connection, notification_id), notification_id)
            refuse_with_children(connection, notification_id, row["name"])
            decisions.drop_all(connection, notification_id, reasons.ROUTE_DELETED, clock.now())
            notifications.remove(connection, notification_id)
            disconnect(connection, row)
            record_removal(connection, editor, AuditedType.ROUTE, notification_id, {"name": row["name"]})


def _without_address(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in ADDRESS}


def _audited(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the audit log may have of fields: that there is another address, not which."""
    plain = {name: value for name, value in fields.items() if name != "url"}
    return plain | ({"address": "changed"} if "url" in fields else {})


def _found(row: RowMapping | None, notification_id: int) -> RowMapping:
    if row is None:
        raise NotFound(f"there is no notification {notification_id}")
    return row


def _check_references(connection: Connection, fields: Mapping[str, Any], except_id: int | None = None) -> None:
    monitor_id = fields.get("monitor_id")
    if monitor_id is not None and monitors.find(connection, monitor_id) is None:
        raise Invalid("monitor_id", f"there is no monitor {monitor_id}")
    if "name" in fields and notifications.is_name_taken(connection, fields["name"], except_id):
        raise NameTaken(f"there is already a notification named {fields['name']}")
