"""Reads and edits the inventory."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping
from uuid_utils import uuid7

from app import clock
from app.connectors.registry import connector_class, connector_types
from app.enums import AuditedType
from app.errors import Conflict, NameTaken, NotFound
from app.models.hosts import LOCAL_PREFIX
from app.services.access.audit import Editor, record_creation, record_edit
from app.store.database.engine import Database
from app.store.database.pages import Page, PageRequest
from app.store.inventory import hosts, items, monitors


class InventoryService:
    """The stored hosts and items. Methods that name one raise NotFound; all raise DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_hosts(
        self,
        page: PageRequest,
        *,
        q: str | None = None,
        monitor_id: int | None = None,
        status: int | None = None,
        group: str | None = None,
        archived: bool = False,
        machine_id: int | None = None,
    ) -> Page:
        """Return a page of hosts, of the archived ones or of the others; `q` searches names, address, description."""
        with self._database.reading() as connection:
            return hosts.fetch(
                connection,
                page,
                q=q,
                monitor_id=monitor_id,
                status=status,
                group=group,
                archived=archived,
                machine_id=machine_id,
            )

    def host_names(self, host_ids: Collection[int]) -> dict[int, str]:
        """Return the names of these hosts, by id."""
        with self._database.reading() as connection:
            return hosts.names(connection, host_ids)

    def item_names(self, item_ids: Collection[int]) -> dict[int, str]:
        """Return the names of these items, by id."""
        with self._database.reading() as connection:
            return items.names(connection, item_ids)

    def writable_monitors(self) -> dict[int, str]:
        """Return the names of the monitors that a host can be created at, by id."""
        with self._database.reading() as connection:
            found = monitors.names(connection)
        known = {type for type in connector_types() if connector_class(type).writable}
        return {monitor_id: name for monitor_id, name, type in found if type in known}

    def get_host(self, host_id: int) -> RowMapping:
        """Return one host."""
        with self._database.reading() as connection:
            return _found_host(connection, host_id)

    def edit_host(self, host_id: int, changes: Mapping[str, Any], editor: Editor) -> RowMapping:
        """Change `name`, `display_name`, `description` or `enabled`; a push writes the changes to the monitor."""
        with self._database.transaction() as connection:
            host = _found_host(connection, host_id)
            changed = record_edit(connection, editor, AuditedType.HOST, host_id, host, changes)
            if changed:
                hosts.edit(connection, host_id, {**changed, "updated_at": clock.now()})
            return _found_host(connection, host_id)

    def create_host(self, monitor_id: int, fields: Mapping[str, Any], editor: Editor) -> RowMapping:
        """Create a host of a monitor in nagare; a push creates it at the monitor.

        Raises Conflict if the monitor is read-only or has a host of that name.
        """
        with self._database.transaction() as connection:
            _require_writable(connection, monitor_id)
            if hosts.find_id(connection, monitor_id, name=fields["name"]) is not None:
                raise NameTaken(f"monitor {monitor_id} already has a host named {fields['name']}")
            others = {"monitor_id": monitor_id, "ip_addr": fields["ip_addr"], "groups": fields["groups"]}
            host_id = hosts.add(connection, _local(fields, hosts.EDITABLE, clock.now()) | others)
            record_creation(connection, editor, AuditedType.HOST, host_id, fields)
            return _found_host(connection, host_id)

    def create_item(self, host_id: int, fields: Mapping[str, Any], editor: Editor) -> RowMapping:
        """Create an item of a host in nagare; a push creates it at the monitor.

        Raises Conflict if the monitor is read-only or the host has an item with that key.
        """
        with self._database.transaction() as connection:
            host = _found_host(connection, host_id)
            _require_writable(connection, host["monitor_id"])
            if items.find_id(connection, host_id, key=fields["key"]) is not None:
                raise Conflict(f"host {host_id} already has an item with the key {fields['key']}")
            owners = {"host_id": host_id, "monitor_id": host["monitor_id"]}
            others = {"key": fields["key"], "value_type": fields["value_type"]}
            item_id = items.add(connection, _local(fields, items.EDITABLE, clock.now()) | owners | others)
            record_creation(connection, editor, AuditedType.ITEM, item_id, fields)
            return _found_item(connection, item_id)

    def list_items(
        self,
        page: PageRequest,
        *,
        q: str | None = None,
        host_id: int | None = None,
        monitor_id: int | None = None,
        status: int | None = None,
        machine_id: int | None = None,
    ) -> Page:
        """Return a page of items; `q` searches name, key and description."""
        with self._database.reading() as connection:
            return items.fetch(
                connection, page, q=q, host_id=host_id, monitor_id=monitor_id, status=status, machine_id=machine_id
            )

    def get_item(self, item_id: int) -> RowMapping:
        """Return one item."""
        with self._database.reading() as connection:
            return _found_item(connection, item_id)

    def edit_item(self, item_id: int, changes: Mapping[str, Any], editor: Editor) -> RowMapping:
        """Change `name`, `description`, `enabled`, `interval` or `units`; a push writes the changes to the monitor."""
        with self._database.transaction() as connection:
            item = _found_item(connection, item_id)
            changed = record_edit(connection, editor, AuditedType.ITEM, item_id, item, changes)
            if changed:
                items.edit(connection, item_id, {**changed, "updated_at": clock.now()})
            return _found_item(connection, item_id)


def _local(fields: Mapping[str, Any], editable: Sequence[str], now: datetime) -> dict[str, Any]:
    """Return the columns that new hosts and new items share while they do not exist at their monitor."""
    edited = {name: fields[name] for name in editable}
    twins = {f"source_{name}": value for name, value in edited.items()}
    return {**edited, **twins, "external_id": f"{LOCAL_PREFIX}{uuid7()}", "created_at": now, "updated_at": now}


def _require_writable(connection: Connection, monitor_id: int) -> None:
    monitor = monitors.find_sealed(connection, monitor_id)
    if monitor is None:
        raise NotFound(f"there is no monitor {monitor_id}")
    if not connector_class(monitor["type"]).writable:
        raise Conflict(f"monitors of type {monitor['type']} are read-only")
    # Without the lock, two concurrent requests could both create it.
    monitors.lock(connection, monitor_id)


def _found_host(connection: Connection, host_id: int) -> RowMapping:
    host = hosts.find(connection, host_id)
    if host is None:
        raise NotFound(f"there is no host {host_id}")
    return host


def _found_item(connection: Connection, item_id: int) -> RowMapping:
    item = items.find(connection, item_id)
    if item is None:
        raise NotFound(f"there is no item {item_id}")
    return item
