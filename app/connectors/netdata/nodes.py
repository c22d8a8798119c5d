"""Converts what Netdata says of its nodes to hosts; any unexpected shape is SourceGarbled."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.connectors.answers import cut, read_flag, read_member, read_text
from app.connectors.base import MAX_NAME, HostRecord
from app.errors import SourceGarbled
from app.rules.alerts.alert_bounds import bounded_labels
from app.rules.alerts.prometheus_labels import MAX_EXTERNAL_ID

OFFLINE = "The node is not connected to this Netdata"
FACTS = (
    *("os_name", "os_version", "container_os_name", "container_os_version", "kernel_name", "kernel_version"),
    *("architecture", "virtualization", "container", "cores_total", "cpu_freq", "ram_total", "total_disk_space"),
    *("cloud_provider_type", "cloud_instance_type", "cloud_instance_region", "version"),
)
"""The members of `/api/v1/info` that describe a machine."""
NOTHING = ("", "unknown", "none")


@dataclass(frozen=True, slots=True)
class Node:
    """The agent itself, or one that streams to it."""

    external_id: str
    """Its machine GUID; releases before 1.22 have only the name."""
    name: str
    is_connected: bool


def read_version(info: object) -> str:
    """Return the version from `/api/v1/info`."""
    return read_member(info, "version", str)


def read_nodes(info: object) -> dict[str, Node]:
    """Return the nodes of `/api/v1/info` by external id, in Netdata's order. Raises SourceGarbled."""
    tree = info if isinstance(info, dict) else {}
    if "mirrored_hosts_status" in tree:
        nodes = [_read_node(entry) for entry in read_member(tree, "mirrored_hosts_status", list)]
    else:
        names = read_member(tree, "mirrored_hosts", list)
        nodes = [_node(name, name, is_connected=True) for name in names if isinstance(name, str)]
    found: dict[str, Node] = {}
    for node in nodes:
        found.setdefault(node.external_id, node)
    return found


def host_record(node: Node, info: object, error: str | None = None) -> HostRecord:
    """Return the record of a node; `info` is its own, or None if it could not be read because of `error`."""
    tree = info if isinstance(info, dict) else {}
    labels = _texts(tree.get("host_labels"))
    facts = {name: cut(value, MAX_NAME) for name in FACTS if (value := _fact(tree.get(name)))}
    return HostRecord(
        external_id=node.external_id,
        name=node.name,
        display_name=node.name,
        description=_description(facts),
        error=cut(error) if error else None if node.is_connected else OFFLINE,
        labels=bounded_labels({name: value for name, value in labels.items() if value not in NOTHING}),
        details={"inventory": facts} if facts else {},
    )


def _read_node(entry: object) -> Node:
    name = read_member(entry, "hostname", str)
    return _node(read_text(entry, "guid") or name, name, read_flag(entry, "reachable"))


def _node(external_id: str, name: str, is_connected: bool) -> Node:
    if not 0 < len(external_id) <= MAX_EXTERNAL_ID or "/" in external_id or external_id in (".", ".."):
        raise SourceGarbled("Netdata returned a node whose identity is empty, too long, or a path")
    return Node(external_id, cut(name, MAX_NAME), is_connected)


def _description(facts: Mapping[str, str]) -> str:
    system = facts.get("os_name") or facts.get("container_os_name", "")
    version = facts.get("os_version") or facts.get("container_os_version", "")
    return ", ".join(filter(None, (f"{system} {version}".strip(), facts.get("architecture", ""))))


def _texts(tree: object) -> dict[str, str]:
    if not isinstance(tree, dict):
        return {}
    return {name: value for name, value in tree.items() if name and isinstance(value, str)}


def _fact(value: object) -> str:
    return value if isinstance(value, str) and value not in NOTHING else ""
