"""Reads and edits the inventory."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping

from app import clock
from app.errors import NotFound
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
            host = hosts.find(connection, host_id)
        if host is None:
            raise NotFound(f"there is no host {host_id}")
        return host

    def edit_host(self, host_id: int, changes: Mapping[str, Any]) -> RowMapping:
        """Change `name`, `display_name`, `description` or `enabled` here; a push writes them to the monitor."""
        with self._database.transaction() as connection:
            if changes:
                hosts.edit(connection, host_id, {**changes, "updated_at": clock.now()})
        return self.get_host(host_id)

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
            item = items.find(connection, item_id)
        if item is None:
            raise NotFound(f"there is no item {item_id}")
        return item

    def edit_item(self, item_id: int, changes: Mapping[str, Any]) -> RowMapping:
        """Change `name`, `description`, `enabled`, `interval` or `units` here; a push writes them to the monitor."""
        with self._database.transaction() as connection:
            if changes:
                items.edit(connection, item_id, {**changes, "updated_at": clock.now()})
        return self.get_item(item_id)
