"""Pushes edits and new hosts and items to the monitors."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping

from app.connectors.base import Connector, HostEdit, HostRecord, ItemEdit, ItemRecord, NewHost, NewItem
from app.errors import NotFound, SourceConflict, SourceRejected
from app.models.hosts import LOCAL_PREFIX
from app.services.inventory.monitor_connections import MonitorConnections
from app.services.inventory.pulls import PullService
from app.services.ledger.task_lifecycle import Step, no_step
from app.store.database.engine import Database
from app.store.inventory import hosts, items


class PushService:
    """Every method raises NotFound, Conflict (the monitor is disabled), SourceError, DatabaseUnavailable.

    A push creates hosts and items that do not exist at their monitor yet, and otherwise writes the fields that were
    edited here. Unless forced, it raises SourceConflict if one of them has also changed at the monitor since the last
    pull: overwriting it would discard that change without a trace.
    """

    def __init__(self, database: Database, monitor_connections: MonitorConnections, pulls: PullService) -> None:
        self._database = database
        self._monitor_connections = monitor_connections
        self._pulls = pulls

    def host(self, monitor_id: int, host_id: int, force: bool = False, step: Step = no_step) -> dict[str, int]:
        """Write a host's editable fields to its monitor, then read back the result."""
        with self._database.reading() as connection:
            host, twins = hosts.find(connection, host_id), hosts.find_twins(connection, host_id)
        if host is None or twins is None:
            raise NotFound(f"there is no host {host_id}")
        step(0, 1, "")
        with self._monitor_connections.open(monitor_id) as connector:
            if host["external_id"].startswith(LOCAL_PREFIX):
                self._create_host(connector, host)
            else:
                pages = connector.hosts([host["external_id"]])
                there = next((record for page in pages for record in page.records), None)
                connector.update_host(host["external_id"], HostEdit(**_merge(host, twins, there, force)))
            counts = self._pulls.refresh_host(connector, monitor_id, host_id)
        step(1, 1, "")
        return asdict(counts)

    def item(
        self, monitor_id: int, host_id: int, item_id: int, force: bool = False, step: Step = no_step
    ) -> dict[str, int]:
        """Write an item's editable fields to its monitor, then read back the result."""
        with self._database.reading() as connection:
            host, item = hosts.find(connection, host_id), items.find(connection, item_id)
            twins = items.find_twins(connection, item_id)
        if host is None or item is None or twins is None:
            raise NotFound(f"there is no item {item_id} of host {host_id}")
        step(0, 1, "")
        with self._monitor_connections.open(monitor_id) as connector:
            if item["external_id"].startswith(LOCAL_PREFIX):
                self._create_item(connector, host, item)
            else:
                there = connector.item(host["external_id"], item["external_id"])
                connector.update_item(item["external_id"], ItemEdit(**_merge(item, twins, there, force)))
            counts = self._pulls.refresh_item(connector, monitor_id, host_id, item_id)
        step(1, 1, "")
        return asdict(counts)

    def _create_host(self, connector: Connector, host: RowMapping) -> None:
        edit = HostEdit(**{name: host[name] for name in hosts.EDITABLE})
        external_id = connector.create_host(NewHost(edit, host["ip_addr"], tuple(host["groups"])))
        with self._database.transaction() as connection:
            if not hosts.lock(connection, [host["id"]]):
                raise NotFound(
                    f"host {host['id']} was deleted while it was pushed: the monitor has it as {external_id}; delete it"
                    " there, or pull the hosts"
                )
            if not hosts.take_external_id(connection, host["id"], external_id):
                raise SourceConflict("this host already exists at the monitor and in the inventory")

    def _create_item(self, connector: Connector, host: RowMapping, item: RowMapping) -> None:
        edit = ItemEdit(**{name: item[name] for name in items.EDITABLE})
        new = NewItem(edit, item["key"], item["value_type"])
        external_id = connector.create_item(host["external_id"], new)
        with self._database.transaction() as connection:
            if not hosts.lock(connection, [host["id"]]) or items.find(connection, item["id"]) is None:
                raise NotFound(
                    f"item {item['id']} was deleted with host {host['id']} while it was pushed: the monitor has it as"
                    f" {external_id}"
                )
            if not items.take_external_id(connection, item["id"], external_id):
                raise SourceConflict("this item already exists at the monitor and in the inventory")


def _merge(
    here: Mapping[Any, Any], last: Mapping[Any, Any], there: HostRecord | ItemRecord | None, force: bool
) -> dict[str, Any]:
    """Return the values to write: fields edited here since the last pull, and the monitor's values of the others.

    Raises SourceConflict with both sides, and SourceRejected if the object no longer exists at the monitor.
    """
    if there is None:
        raise SourceRejected("it no longer exists at the monitor")
    edited = {name: here[name] for name in last if here[name] != last[name]}
    sides = [
        f"{name} is {getattr(there, name)!r} at the monitor, {value!r} in nagare, and was {last[name]!r}"
        for name, value in edited.items()
        if getattr(there, name) not in (last[name], value)
    ]
    if sides and not force:
        raise SourceConflict(
            f"also changed at the monitor since the last pull: {'; '.join(sides)}. Push with force to overwrite it"
        )
    return {name: getattr(there, name) for name in last} | edited
