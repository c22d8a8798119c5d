"""Reads and edits the inventory."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping

from app import clock
from app.enums import AuditedType
from app.errors import NotFound
from app.services.audit import Editor, record_edit
from app.store import hosts, items
from app.store.engine import Database
from app.store.pages import Page, PageRequest


class InventoryService:
    """Hosts and items as they are stored here. Methods that name one raise NotFound; all raise DatabaseUnavailable."""

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
    ) -> Page:
        """Return a page of hosts; `q` is looked for in names, address and description."""
        with self._database.reading() as connection:
            return hosts.fetch(connection, page, q=q, monitor_id=monitor_id, status=status, group=group)

    def get_host(self, host_id: int) -> RowMapping:
        """Return one host."""
        with self._database.reading() as connection:
            return _found_host(connection, host_id)

    def edit_host(self, host_id: int, changes: Mapping[str, Any], editor: Editor) -> RowMapping:
        """Change `name`, `display_name`, `description` or `enabled` here; a push writes them to the monitor."""
        with self._database.transaction() as connection:
            host = _found_host(connection, host_id)
            changed = record_edit(connection, editor, AuditedType.HOST, host_id, host, changes)
            if changed:
                hosts.edit(connection, host_id, {**changed, "updated_at": clock.now()})
            return _found_host(connection, host_id)

    def list_items(
        self,
        page: PageRequest,
        *,
        q: str | None = None,
        host_id: int | None = None,
        monitor_id: int | None = None,
        status: int | None = None,
    ) -> Page:
        """Return a page of items; `q` is looked for in name, key and description."""
        with self._database.reading() as connection:
            return items.fetch(connection, page, q=q, host_id=host_id, monitor_id=monitor_id, status=status)

    def get_item(self, item_id: int) -> RowMapping:
        """Return one item."""
        with self._database.reading() as connection:
            return _found_item(connection, item_id)

    def edit_item(self, item_id: int, changes: Mapping[str, Any], editor: Editor) -> RowMapping:
        """Change `name`, `description`, `enabled`, `interval` or `units` here; a push writes them to the monitor."""
        with self._database.transaction() as connection:
            item = _found_item(connection, item_id)
            changed = record_edit(connection, editor, AuditedType.ITEM, item_id, item, changes)
            if changed:
                items.edit(connection, item_id, {**changed, "updated_at": clock.now()})
            return _found_item(connection, item_id)


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
