"""Creates hosts and items in Zabbix; a repeat after a lost response finds them instead."""

import contextlib
import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

from app.connectors.base import HostEdit, NewHost, NewItem
from app.connectors.zabbix.host_records import NO_ADDRESS
from app.connectors.zabbix.records import VALUE_TYPES, identity, is_identity, rows, text
from app.connectors.zabbix.rpc import ZabbixRpc
from app.errors import SourceConflict, SourceGarbled

INTERFACES_OPTIONAL_SINCE = (5, 2)
INTERFACE_FIELDS = ["interfaceid", "type", "main", "ip"]
DEFAULT_GROUP = "nagare"
"""Every host in Zabbix needs a group."""
AGENT_PORT = "10050"
AGENT_INTERFACE = "1"
AGENT_ITEM = "0"
TRAPPER_ITEM = "2"
"""An item that waits for pushed values, the only kind possible for a host without an interface."""
CODES = {name: code for code, name in VALUE_TYPES.items()}


def status_code(is_enabled: bool) -> str:
    """Return Zabbix's code for a status."""
    return "0" if is_enabled else "1"


def host_fields(edit: HostEdit) -> dict[str, str]:
    """Return a host's editable fields by Zabbix's names."""
    return {
        "host": edit.name,
        "name": edit.display_name,
        "description": edit.description,
        "status": status_code(edit.enabled),
    }


def create_host(rpc: ZabbixRpc, host: NewHost) -> str:
    """Create a host, and its groups if needed; return its hostid. Raises SourceConflict, SourceError."""
    wanted = host_fields(host.edit)
    query = {"filter": {"host": [host.edit.name]}, "output": ["hostid", *wanted]}
    found = rows(rpc.call("host.get", query))
    if found:
        return _same(found[0], wanted, "hostid", f"host {host.edit.name}")
    made = {**wanted, "groups": [{"groupid": one} for one in _group_ids(rpc, host.groups or (DEFAULT_GROUP,))]}
    if host.ip_addr:
        made["interfaces"] = [_agent_interface(host.ip_addr)]
    elif not rpc.is_at_least(*INTERFACES_OPTIONAL_SINCE):
        made["interfaces"] = [_agent_interface(NO_ADDRESS)]
    return created_id(rpc.call("host.create", made), "hostids")


def create_item(rpc: ZabbixRpc, host_id: str, item: NewItem) -> str:
    """Create an item of the host's agent, or a trapper item if the host has no agent; return its itemid.

    Raises SourceConflict, SourceError.
    """
    wanted = {
        "key_": item.key,
        "name": item.edit.name,
        "description": item.edit.description,
        "status": status_code(item.edit.enabled),
        "value_type": CODES[item.value_type],
        "units": item.edit.units,
    }
    query = {"hostids": [host_id], "filter": {"key_": [item.key]}, "output": ["itemid", *wanted]}
    found = rows(rpc.call("item.get", query))
    if found:
        return _same(found[0], wanted, "itemid", f"item {item.key}")
    interfaces = rows(rpc.call("hostinterface.get", {"hostids": [host_id], "output": INTERFACE_FIELDS}))
    agents = [identity(one, "interfaceid") for one in interfaces if _is_agent(one)]
    way = (
        {"type": AGENT_ITEM, "interfaceid": agents[0], "delay": item.edit.interval}
        if agents
        else {"type": TRAPPER_ITEM}
    )
    return created_id(rpc.call("item.create", {**wanted, "hostid": host_id, **way}), "itemids")


def _same(row: Mapping[str, Any], wanted: Mapping[str, str], id_field: str, what: str) -> str:
    """Return the id of the existing object. Raises SourceConflict if it differs from the wanted one."""
    sides = [
        f"{name} is {text(row, name)!r} in Zabbix, {value!r} in nagare"
        for name, value in wanted.items()
        if text(row, name) != value
    ]
    if sides:
        raise SourceConflict(f"Zabbix already has the {what}: {'; '.join(sides)}")
    return identity(row, id_field)


def _group_ids(rpc: ZabbixRpc, names: Sequence[str]) -> list[str]:
    known = rows(rpc.call("hostgroup.get", {"filter": {"name": list(names)}, "output": ["groupid", "name"]}))
    ids = {text(row, "name"): identity(row, "groupid") for row in known}
    return [ids.get(name) or created_id(rpc.call("hostgroup.create", {"name": name}), "groupids") for name in names]


def _is_agent(interface: Mapping[str, Any]) -> bool:
    """Return whether an interface is the one that the host's agent is read from."""
    return (interface.get("type"), interface.get("main")) == ("1", "1") and interface.get("ip") != NO_ADDRESS


def _agent_interface(address: str) -> dict[str, str]:
    is_ip = False
    with contextlib.suppress(ValueError):
        is_ip = bool(ipaddress.ip_address(address))
    place = {"useip": "1", "ip": address, "dns": ""} if is_ip else {"useip": "0", "ip": "", "dns": address}
    return {"type": AGENT_INTERFACE, "main": "1", "port": AGENT_PORT, **place}


def created_id(answer: object, field: str) -> str:
    """Return the id of what was just created. Raises SourceGarbled."""
    ids = answer.get(field) if isinstance(answer, dict) else None
    if not isinstance(ids, list) or len(ids) != 1 or not isinstance(ids[0], str | int) or not is_identity(str(ids[0])):
        raise SourceGarbled(f"Zabbix did not return the {field} of the object that it created")
    return str(ids[0])
