"""Reads Zabbix's hosts with their interfaces, templates, inventory and maintenance; a wrong shape is SourceGarbled."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.connectors.base import MAX_NAME, HostRecord
from app.connectors.zabbix.lookups import NONE, look_up
from app.connectors.zabbix.records import Row, cut_text, identity, labels, moment, number, rows, text
from app.connectors.zabbix.rpc import ZabbixRpc
from app.errors import SourceGarbled

HOST_FIELDS = [
    *("hostid", "host", "name", "description", "status"),
    *("maintenance_status", "maintenanceid", "maintenance_from"),
]
AVAILABILITY_KINDS = ("", "snmp_", "ipmi_", "jmx_")
AVAILABILITY_FIELDS = [f"{kind}{field}" for kind in AVAILABILITY_KINDS for field in ("available", "error")]
"""The availability fields of a host before 5.4; since then each interface has its own."""
INTERFACE_FIELDS = ["main", "type", "useip", "ip", "dns", "port"]
INTERFACE_TYPES = {"1": "agent", "2": "snmp", "3": "ipmi", "4": "jmx"}
NO_ADDRESS = "0.0.0.0"  # noqa: S104 - nothing is bound to it
"""The address that stands for none where each host needs an interface, before 5.2."""
OFF = "1"
YES = "1"
AVAILABLE = "1"
UNAVAILABLE = "2"
MAX_LISTED = 100
MAX_DETAIL = 2_000
"""The most interfaces, templates and inventory fields of a host, and the most characters of one."""


def read_hosts(rpc: ZabbixRpc, ids: Sequence[str]) -> list[HostRecord]:
    """Return the records of these hosts, as far as they exist."""
    found = rows(rpc.call("host.get", {"hostids": ids, **_query(rpc)}))
    named = _Named(rpc, found)
    return [host_record(row, named.maintenance(row), named.monitored_by(row)) for row in found]


def _query(rpc: ZabbixRpc) -> dict[str, Any]:
    fields, interface = [*HOST_FIELDS], [*INTERFACE_FIELDS]
    if rpc.is_at_least(5, 4):
        interface += ["available", "error"]
    else:
        fields += AVAILABILITY_FIELDS
    fields += ["active_available"] if rpc.is_at_least(6, 2) else []
    fields += ["proxyid", "proxy_groupid", "assigned_proxyid"] if rpc.is_at_least(7, 0) else ["proxy_hostid"]
    return {
        "output": fields,
        "selectInterfaces": interface,
        "selectHostGroups" if rpc.is_at_least(6, 2) else "selectGroups": ["name"],
        "selectTags": ["tag", "value"],
        "selectParentTemplates": ["name"],
        "selectInventory": "extend",
    }


def host_record(row: Row, maintenance: Mapping[str, Any], monitored_by: Mapping[str, str]) -> HostRecord:
    """Return the record of a row of host.get."""
    interfaces = sorted(rows(row.get("interfaces")), key=lambda interface: text(interface, "type"))
    main = next((interface for interface in interfaces if text(interface, "main") == YES), None)
    groups = rows(row["hostgroups"] if "hostgroups" in row else row.get("groups"))
    details = {
        "interfaces": [_interface(row, one) for one in interfaces[:MAX_LISTED]],
        "templates": sorted(text(one, "name", MAX_NAME) for one in rows(row.get("parentTemplates", []))[:MAX_LISTED]),
        "inventory": _inventory(row),
        "maintenance": maintenance,
        "monitored_by": monitored_by,
    }
    return HostRecord(
        external_id=identity(row, "hostid"),
        name=text(row, "host", MAX_NAME),
        display_name=text(row, "name", MAX_NAME),
        description=text(row, "description"),
        ip_addr=None if main is None else _address(main),
        enabled=text(row, "status") != OFF,
        groups=tuple(text(group, "name", MAX_NAME) for group in groups),
        error=_unreachable_because(row, interfaces),
        labels=labels(row),
        details={name: detail for name, detail in details.items() if detail},
    )


class _Named:
    """The names of the maintenances, proxies and proxy groups of a page of hosts: one call for each kind."""

    def __init__(self, rpc: ZabbixRpc, hosts: Sequence[Row]) -> None:
        self._has_groups = rpc.is_at_least(7, 0)
        covered = (identity(row, "maintenanceid") for row in hosts if _is_in_maintenance(row))
        self._maintenances = look_up(rpc, "maintenance", "maintenanceid", covered, ["name", "active_till"])
        proxies = [one for row in hosts for one in (_id(row, self._proxy_field), _id(row, "assigned_proxyid"))]
        self._proxies = look_up(rpc, "proxy", "proxyid", proxies, [self._proxy_name])
        groups = [_id(row, "proxy_groupid") for row in hosts]
        self._groups = look_up(rpc, "proxygroup", "proxy_groupid", groups, ["name"])

    @property
    def _proxy_field(self) -> str:
        return "proxyid" if self._has_groups else "proxy_hostid"

    @property
    def _proxy_name(self) -> str:
        return "name" if self._has_groups else "host"

    def maintenance(self, row: Row) -> dict[str, Any]:
        """Return the maintenance that a host is in: its id, its name and when it ends at the latest."""
        if not _is_in_maintenance(row):
            return {}
        maintenance_id = identity(row, "maintenanceid")
        found = self._maintenances.get(maintenance_id)
        since, until = moment(number(row, "maintenance_from")), found and moment(number(found, "active_till"))
        told = {
            "name": found and text(found, "name")[:MAX_NAME],
            "since": since and since.isoformat(),
            "until": until and until.isoformat(),
        }
        return {"id": maintenance_id} | {name: value for name, value in told.items() if value}

    def monitored_by(self, row: Row) -> dict[str, str]:
        """Return which proxy reads a host, and of which group; nothing if the server itself does."""
        group = _id(row, "proxy_groupid")
        proxy = _id(row, "assigned_proxyid") if group != NONE else _id(row, self._proxy_field)
        told = {
            "proxy": _name(self._proxies, proxy, self._proxy_name),
            "proxy_group": _name(self._groups, group, "name"),
        }
        return {name: value for name, value in told.items() if value}


def _is_in_maintenance(row: Row) -> bool:
    return "maintenance_status" in row and text(row, "maintenance_status") == YES


def _id(row: Row, field: str) -> str:
    return identity(row, field) if field in row else NONE


def _name(found: Mapping[str, Row], one: str, field: str) -> str:
    return text(found[one], field)[:MAX_NAME] if one in found else "" if one == NONE else f"id {one}"


def _interface(host: Row, row: Row) -> dict[str, Any]:
    """Return an interface as people read it; `available` is missing as long as Zabbix does not know."""
    kind = INTERFACE_TYPES.get(text(row, "type"), text(row, "type", MAX_DETAIL))
    # Before 5.4 the host says it, for all interfaces of a type together.
    source, prefix = (row, "") if "available" in row else (host, "" if kind == "agent" else f"{kind}_")
    state = source.get(f"{prefix}available")
    told = {
        "type": kind,
        "address": _address(row),
        "port": cut_text(row, "port")[:MAX_DETAIL] if "port" in row else None,
        "main": text(row, "main") == YES,
        "available": {AVAILABLE: True, UNAVAILABLE: False}.get(str(state)),
        "error": cut_text(source, f"{prefix}error")[:MAX_DETAIL] if f"{prefix}error" in source else None,
    }
    return {name: value for name, value in told.items() if value not in (None, "")}


def _inventory(row: Row) -> dict[str, str]:
    """Return the filled fields of a host's inventory; Zabbix sends a list if it has none."""
    fields = row.get("inventory") or {}
    if not isinstance(fields, dict):
        raise SourceGarbled("Zabbix returned a row whose 'inventory' is not an object")
    filled = {name[:MAX_NAME]: cut_text(fields, name)[:MAX_DETAIL] for name, value in fields.items() if value != ""}
    filled.pop("hostid", None)
    return dict(_first(filled.items()))


def _first(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(pairs)[:MAX_LISTED]


def _address(interface: Row) -> str | None:
    address = text(interface, "ip" if text(interface, "useip") == YES else "dns", MAX_NAME)
    return None if address in ("", NO_ADDRESS) else address


def _unreachable_because(row: Row, interfaces: Sequence[Row]) -> str | None:
    signs = [(row, kind) for kind in AVAILABILITY_KINDS] + [(interface, "") for interface in interfaces]
    for source, kind in signs:
        if str(source.get(f"{kind}available")) == UNAVAILABLE:
            return text(source, f"{kind}error") or "Not available"
    return "The active agent is not available" if str(row.get("active_available")) == UNAVAILABLE else None
