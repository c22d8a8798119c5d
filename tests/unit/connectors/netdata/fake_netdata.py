"""A Netdata parent with children, as release 1.37 answers."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

MOMENT = 1_795_938_604
STATUS_KEYS = ("id", "value", "last_updated", "status")


def guid(number: int) -> str:
    return f"74552914-ebc9-11f1-ac08-{number:012x}"


def chart(name: str, dimensions: Mapping[str, float | None], units: str = "percentage") -> dict[str, Any]:
    said = {one: {"name": one, "value": value} for one, value in dimensions.items()}
    context = {"name": name, "family": name.partition(".")[2], "context": name, "units": units}
    return {**context, "last_updated": MOMENT, "dimensions": said}


def alarm(name: str, on: str, status: str = "CRITICAL", **fields: Any) -> dict[str, Any]:
    return {
        "id": 1_795_938_591,
        "name": name,
        "chart": on,
        "family": on.partition(".")[2],
        "class": "Utilization",
        "component": "Unknown",
        "type": "System",
        "active": True,
        "disabled": False,
        "silenced": False,
        "recipient": "sysadmin",
        "source": "1@/etc/netdata/health.d/load.conf",
        "units": "load",
        "info": "load is high, 负载",
        "status": status,
        "last_status_change": MOMENT - 60,
        "last_updated": MOMENT,
        "value_string": "1001 load",
        "calc": "$load1",
        "crit": "$this &gt; 500",
        "value": 1001.37,
        **fields,
    }


class FakeNetdata:
    """Answers by path; node 0 is the parent."""

    def __init__(self, nodes: int = 3) -> None:
        self.nodes = [f"node-{number}" for number in range(nodes)]
        self.offline: set[str] = set()
        self.charts = {
            "system.cpu": chart("system.cpu", {"user": 62.2448980, "idle": 0.0}),
            "system.load": chart("system.load", {"load1": None}, "load"),
        }
        self.alarms: dict[str, dict[str, Any]] = {}
        """By node and name."""
        self.by_node: dict[str, list[str]] = {}
        self.failing: set[str] = set()
        self.starting: set[str] = set()
        """Nodes that have evaluated no alarm yet."""
        self.asked: list[str] = []

    def add_alarm(self, node: int, **fields: Any) -> None:
        added = {"name": "load", "on": "system.load", **fields}
        key = f"{added['on']}.{added['name']}"
        self.alarms[f"{guid(node)}/{key}"] = alarm(**added)
        self.by_node.setdefault(guid(node), []).append(key)

    def respond(self, request: Any) -> None:
        path = unquote(urlsplit(request.path).path)
        self.asked.append(path)
        if any(part in path for part in self.failing):
            request.answer({"error": "no"}, 400)
            return
        told = self.tell(path)
        request.answer(
            b"This netdata does not maintain a database for host" if told is None else told,
            404 if told is None else 200,
        )

    def tell(self, path: str) -> Any:
        node, call = (path.split("/")[2], path.split("/api/v1/")[1]) if path.startswith("/host/") else ("", path[8:])
        if node and not self.has(node):
            return None
        if call == "allmetrics":
            return {} if node in self.offline else self.charts
        if call == "info":
            return self.info()
        raised = {key: self.alarms[f"{node}/{key}"] for key in self.by_node.get(node, ())}
        if call == "alarms_values":
            short = {key: {name: one[name] for name in STATUS_KEYS} for key, one in raised.items()}
            quiet = {"system.cpu.cpu": {"id": 1, "value": 3.5, "last_updated": MOMENT, "status": "CLEAR"}}
            return {"hostname": node, "alarms": {} if node in self.starting else quiet | short}
        if call == "alarms":
            found = {key: one for key, one in raised.items() if one["status"] in ("WARNING", "CRITICAL")}
            return {"hostname": node, "latest_alarm_log_unique_id": 1, "status": True, "now": MOMENT, "alarms": found}
        return None

    def has(self, node: str) -> bool:
        number = node.rpartition("-")[2]
        is_guid = node.startswith("74552914-") and int(number, 16) < len(self.nodes)
        return is_guid or (node.startswith("node-") and node in self.nodes)

    def info(self) -> dict[str, Any]:
        return {
            "version": "v1.37.1",
            "uid": guid(0),
            "mirrored_hosts": self.nodes,
            "mirrored_hosts_status": [
                {"guid": guid(number), "hostname": name, "reachable": guid(number) not in self.offline, "hops": 1}
                for number, name in enumerate(self.nodes)
            ],
            "alarms": {"normal": 1, "warning": 0, "critical": 1},
            "os_name": "unknown",
            "container_os_name": "Debian GNU/Linux",
            "container_os_version": "12 (bookworm)",
            "architecture": "x86_64",
            "cores_total": "2",
            "host_labels": {"_is_parent": "true", "机房": "北京", "_os_name": "unknown"},
        }
