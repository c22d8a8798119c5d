"""Writes what was edited here back to the monitors."""

from dataclasses import asdict

from app.connectors.base import HostEdit, ItemEdit
from app.errors import NotFound
from app.services.conversation import Conversations
from app.services.pulls import PullService
from app.services.task_lifecycle import Step, no_step
from app.store import hosts, items
from app.store.engine import Database


class PushService:
    """Every method raises NotFound, Conflict (the monitor is disabled), SourceError, DatabaseUnavailable."""

    def __init__(self, database: Database, conversations: Conversations, pulls: PullService) -> None:
        self._database = database
        self._conversations = conversations
        self._pulls = pulls

    def host(self, monitor_id: int, host_id: int, step: Step = no_step) -> dict[str, int]:
        """Write a host's editable fields to its monitor, then read back what the monitor made of them."""
        with self._database.reading() as connection:
            host = hosts.find(connection, host_id)
        if host is None:
            raise NotFound(f"there is no host {host_id}")
        edit = HostEdit(host["name"], host["display_name"], host["description"], host["enabled"])
        with self._conversations.open(monitor_id) as connector:
            connector.update_host(host["external_id"], edit)
            counts = self._pulls.refresh_host(connector, monitor_id, host_id)
        step(1, 1, "")
        return asdict(counts)

    def item(self, monitor_id: int, host_id: int, item_id: int, step: Step = no_step) -> dict[str, int]:
        """Write an item's editable fields to its monitor, then read back what the monitor made of them."""
        with self._database.reading() as connection:
            item = items.find(connection, item_id)
        if item is None:
            raise NotFound(f"there is no item {item_id}")
        edit = ItemEdit(item["name"], item["description"], item["enabled"], item["interval"], item["units"])
        with self._conversations.open(monitor_id) as connector:
            connector.update_item(item["external_id"], edit)
            counts = self._pulls.refresh_item(connector, monitor_id, host_id, item_id)
        step(1, 1, "")
        return asdict(counts)
