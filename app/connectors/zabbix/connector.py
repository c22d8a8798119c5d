"""The connector for Zabbix 5.0 to 7.x: pages of hosts and items, several item pages in parallel."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from app.connectors.answers import in_parallel
from app.connectors.base import (
    AlertPage,
    HostEdit,
    HostPage,
    ItemEdit,
    ItemPage,
    ItemRecord,
    MonitorAccess,
    NewHost,
    NewItem,
    PastValue,
)
from app.connectors.maintenance import MaintenanceAbility
from app.connectors.zabbix import alerts, creation, history, maintenances
from app.connectors.zabbix.creation import host_fields, status_code
from app.connectors.zabbix.host_records import read_hosts
from app.connectors.zabbix.item_pages import ItemPages
from app.connectors.zabbix.records import Row, identity, is_identity, rows, text
from app.connectors.zabbix.rpc import ZabbixRpc
from app.errors import SourceGarbled, SourceRejected
from app.rules.maintenance.source_maintenance import SourceMaintenance

HOSTS_A_PAGE = 500
PAGES_IN_FLIGHT = 4
"""More would wait for the CPUs and the database of an ordinary Zabbix, and so would its users."""


class ZabbixConnector:
    """A signed-in session with one Zabbix. External ids are Zabbix's hostid and itemid."""

    writable: ClassVar[bool] = True
    maintenance_ability: ClassVar[MaintenanceAbility] = maintenances.ABILITY

    def __init__(self, access: MonitorAccess) -> None:
        """Parse the address; this sends nothing. Raises Invalid if it or the credentials are wrong."""
        self._rpc = ZabbixRpc(access)
        self._item_pages = ItemPages(self._rpc)

    def check(self) -> str:
        """Sign in, read a host to verify the user's permissions, and return Zabbix's version."""
        rows(self._rpc.call("host.get", {"output": ["hostid"], "limit": 1}))
        return self._rpc.version

    def hosts(self, external_ids: Sequence[str] | None = None) -> Iterator[HostPage]:
        """Yield the hosts visible to the user, in pages of 500; with `external_ids`, those of them that exist."""
        query: dict[str, Any] = {"output": ["hostid"], "sortfield": "hostid"}
        if external_ids is not None:
            query["hostids"] = _possible(external_ids)
            if not query["hostids"]:
                return
        found = rows(self._rpc.call("host.get", query))
        ids = list(dict.fromkeys(identity(row, "hostid") for row in found))
        if external_ids is not None and not set(ids) <= set(external_ids):
            raise SourceGarbled("Zabbix returned hosts that were not requested")
        for page in _chunks(ids, HOSTS_A_PAGE):
            records = {record.external_id: record for record in read_hosts(self._rpc, page)}
            yield HostPage([records[one] for one in page if one in records], len(ids))

    def items(self, host_external_ids: Sequence[str]) -> Iterator[ItemPage]:
        """Yield the items of these hosts with their values, in the hosts' order.

        Zabbix looks up each last value separately, so four pages are requested in parallel; a slow reader delays the
        next ones.
        """
        pages = self._item_pages.plan(list(dict.fromkeys(host_external_ids)))
        return in_parallel(self._item_pages.read, pages, PAGES_IN_FLIGHT)

    def item(self, host_external_id: str, external_id: str) -> ItemRecord | None:
        """Return one item with its value, or None if it no longer exists on this host."""
        if not _possible([host_external_id]) or not _possible([external_id]):
            return None
        record = self._item_pages.item(host_external_id, external_id)
        if record and (record.host_external_id, record.external_id) != (host_external_id, external_id):
            raise SourceGarbled("Zabbix returned an item that was not requested")
        return record

    def update_host(self, external_id: str, edit: HostEdit) -> None:
        """Write the changed ones of technical name, visible name, description and status."""
        self._update("host", external_id, host_fields(edit))

    def update_item(self, external_id: str, edit: ItemEdit) -> None:
        """Write the changed ones of name, description, status, update interval and units.

        An item from a template accepts only some of them; SourceRejected names the others.
        """
        wanted = {"name": edit.name, "delay": edit.interval, "units": edit.units, "description": edit.description}
        self._update("item", external_id, wanted | {"status": status_code(edit.enabled)})

    def create_host(self, host: NewHost) -> str:
        """Create a host, or find one from an earlier attempt, and return its hostid."""
        return creation.create_host(self._rpc, host)

    def create_item(self, host_external_id: str, item: NewItem) -> str:
        """Create an item and return its itemid."""
        return creation.create_item(self._rpc, host_external_id, item)

    def history(
        self,
        host_external_id: str,  # noqa: ARG002 - an itemid is enough
        external_id: str,
        value_type: str,
        after: datetime,
        before: datetime,
        *,
        by_hour: bool,
    ) -> Iterator[Sequence[PastValue]]:
        """Yield a numeric item's values from its history, or by the hour from its trends."""
        if _possible([external_id]):
            read = history.trends if by_hour else history.values
            yield from read(self._rpc, external_id, value_type, after, before)

    def alerts(self) -> Iterator[AlertPage]:
        """Yield the open problems in pages of at most 1,000; those that Zabbix suppresses say so."""
        return alerts.open_problems(self._rpc)

    def acknowledge_alert(self, external_id: str, comment: str) -> None:
        """Acknowledge a problem; one that is closed or acknowledged stays unchanged."""
        if not _possible([external_id]):
            raise SourceRejected("This is not a Zabbix problem: its id is not a number")
        alerts.acknowledge(self._rpc, external_id, comment)

    def set_maintenance(self, mark: str, wanted: SourceMaintenance | None) -> Sequence[str]:
        """Create, change or delete the maintenance whose name ends with the mark; with data collection."""
        return maintenances.set_maintenance(self._rpc, mark, wanted)

    def close(self) -> None:
        """Sign out and close the connections."""
        self._rpc.close()

    def _update(self, kind: str, external_id: str, wanted: Mapping[str, str]) -> None:
        current = self._editable(kind, external_id, wanted)
        changed = {field: value for field, value in wanted.items() if value not in _said(current, field)}
        if not changed:
            return
        self._rpc.call(f"{kind}.update", {f"{kind}id": external_id, **changed})
        current = self._editable(kind, external_id, changed)
        kept = [field for field, value in changed.items() if value not in _said(current, field)]
        if kept:
            # Zabbix 6.0 reports success if a template owns the field, and ignores the new value.
            raise SourceRejected(
                f"Zabbix did not apply the new {', '.join(kept)} of this {kind}: a template may define it"
            )

    def _editable(self, kind: str, external_id: str, fields: Iterable[str]) -> Row:
        resolved = ["name_resolved"] if kind == "item" and self._rpc.is_at_least(7, 0) else []
        query = {f"{kind}ids": _possible([external_id]), "output": [f"{kind}id", *fields, *resolved]}
        found = rows(self._rpc.call(f"{kind}.get", query))
        if not found:
            raise SourceRejected(f"Zabbix no longer has this {kind}")
        return found[0]


def _said(row: Row, field: str) -> set[str]:
    """Return a field's value and, of an item's name with macros, also what a pull read: it was not edited."""
    return {text(row, field), text(row, "name_resolved" if field == "name" and "name_resolved" in row else field)}


def _possible(ids: Sequence[str]) -> list[str]:
    """Drop what cannot be a Zabbix id: Zabbix rejects the whole call for one of them."""
    return [one for one in ids if is_identity(one)]


def _chunks(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))
