"""An Icinga 2 in memory that answers as release 2.13 does."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

NOW = 1795938289.417801
HARD = 1
Row = dict[str, Any]


def result(state: float, output: str, performance_data: list[Any] | None = None) -> Row:
    """Return the result of a check."""
    return {
        "state": state,
        "output": output,
        "performance_data": performance_data,
        "active": True,
        "type": "CheckResult",
    }


class FakeIcinga:
    """Hosts and services by name; `denied` are kinds that the user may not see."""

    def __init__(self, password: str = "icinga") -> None:
        self._authorization = f"Basic {b64encode(f'root:{password}'.encode()).decode()}"
        self.denied: set[str] = set()
        self.disconnected: list[str] = []
        self.objects: dict[str, dict[str, Row]] = {"hosts": {}, "services": {}, "comments": {}, "downtimes": {}}
        self.actions: list[tuple[str, Row]] = []
        self.requests: list[tuple[str, Row]] = []

    def add_host(self, name: str, state: int = 0, **attrs: Any) -> Row:
        """Add a host that was checked."""
        checked = result(state, "PING OK" if state == 0 else "PING CRITICAL", ["rta=0.5ms;100;200;0"])
        row = _object(name, name, state, checked) | {"address": "192.0.2.1", "address6": ""} | attrs
        self.objects["hosts"][name] = row
        return row

    def add_service(self, host: str, name: str, state: float = 0, **attrs: Any) -> Row:
        """Add a service that was checked."""
        checked = result(state, f"DISK {state}\n第二行", ["/=97%;80;90;0;100"])
        row = _object(f"{host}!{name}", name, state, checked) | {"host_name": host} | attrs
        self.objects["services"][row["__name"]] = row
        return row

    def add_note(self, kind: str, about: str, **attrs: Any) -> None:
        """Add a comment or downtime about a host or service."""
        host, _, service = about.partition("!")
        name = f"{about}!note-{len(self.objects[kind])}"
        self.objects[kind][name] = {
            "__name": name,
            "host_name": host,
            "service_name": service,
            "author": "小王",
            **attrs,
        }

    def respond(self, request: Any) -> None:
        """Answer one request."""
        status, body = self.answer(request.path, request.headers, request.json if request.body else {})
        request.answer(body, status)

    def answer(self, path: str, headers: Mapping[str, str], body: Row) -> tuple[int, Any]:
        """Return the status and body of the answer."""
        self.requests.append((path, body))
        if headers.get("Authorization") != self._authorization:
            return 401, {"error": 401, "status": "Unauthorized. Please check your user credentials."}
        if path == "/v1":
            return 200, {"results": [{"user": "root", "permissions": ["*"], "version": "r2.13.6-1"}]}
        if path == "/v1/status/ApiListener":
            api = {"conn_endpoints": [], "not_conn_endpoints": self.disconnected}
            return 200, {"results": [{"name": "ApiListener", "status": {"api": api}, "perfdata": []}]}
        _, _, area, rest = path.split("/", 3)
        if area == "actions":
            return self._act(rest, body)
        kind, _, name = rest.partition("/")
        method = headers.get("X-HTTP-Method-Override")
        if method == "GET":
            return self._query(kind, body)
        return self._create(kind, unquote(name), body["attrs"]) if method == "PUT" else self._modify(kind, body)

    def _query(self, kind: str, body: Row) -> tuple[int, Any]:
        if kind in self.denied:
            return 404, {"error": 404, "status": "No objects found."}
        there = self.objects[kind]
        if names := body.get(kind):
            if not set(names) <= set(there):
                return 404, {"error": 404, "status": "No objects found."}
            found = [there[name] for name in names]
        else:
            meets = CONDITIONS[body["filter"].replace(kind[:-1], "X")] if "filter" in body else _always
            found = [row for row in there.values() if meets(row, body.get("filter_vars") or {})]
        wanted = set(body["attrs"])
        rows = [{name: value for name, value in row.items() if name in wanted} for row in found]
        return 200, {"results": [{"attrs": row, "name": row.get("__name"), "joins": {}, "meta": {}} for row in rows]}

    def _act(self, action: str, body: Row) -> tuple[int, Any]:
        self.actions.append((action, body))
        kind = f"{body['type'].lower()}s"
        row = self.objects[kind][body[body["type"].lower()]]
        if row["acknowledgement"]:
            return 409, {"results": [{"code": 409, "status": f"{body['type']} is already acknowledged."}]}
        row["acknowledgement"] = 1
        self.add_note(
            "comments", row["__name"], author=body["author"], text=body["comment"], entry_type=4, entry_time=NOW
        )
        return 200, {"results": [{"code": 200, "status": "Successfully acknowledged problem."}]}

    def _modify(self, kind: str, body: Row) -> tuple[int, Any]:
        self.objects[kind][body[kind][0]] |= body["attrs"]
        return 200, {"results": [{"code": 200, "status": "Attributes updated."}]}

    def _create(self, kind: str, name: str, attrs: Row) -> tuple[int, Any]:
        if name in self.objects[kind]:
            failed = {
                "code": 500,
                "errors": [f"Object '{name}' already exists."],
                "status": "Object could not be created.",
            }
            return 500, {"results": [failed]}
        host, _, service = name.partition("!")
        row = self.add_service(host, service) if service else self.add_host(name)
        row |= {**attrs, "package": "_api", "last_check_result": None, "last_check": -1}
        return 200, {"results": [{"code": 200, "status": "Object was created"}]}


def fleet(hosts: int, services: int) -> FakeIcinga:
    """Return an Icinga with a fleet in which every hundredth host has a problem."""
    fake = FakeIcinga()
    for host in range(hosts):
        fake.add_host(f"web-{host}")
        for number in range(services):
            fake.add_service(f"web-{host}", f"disk-{number}", 2 if host % 100 == 0 and number == 0 else 0)
    return fake


def _object(full_name: str, name: str, state: float, checked: Row) -> Row:
    return {
        **{"__name": full_name, "name": name, "display_name": name, "groups": ["linux"], "notes": "", "zone": ""},
        **{"vars": {"os": "Linux", "role": "网页", "snmp_community": "hush", "cores": 4.0, "disks": {"/": {}}}},
        **{"check_command": "disk", "check_interval": 300.0, "enable_active_checks": True, "package": "_etc"},
        **{"enable_passive_checks": True, "state": float(state), "state_type": float(HARD), "last_check": NOW},
        **{"last_check_result": checked, "last_hard_state_change": NOW - 60, "last_state_change": NOW - 60},
        **{"last_reachable": True, "acknowledgement": 0.0, "downtime_depth": 0.0, "flapping": False},
    }


def _always(row: Row, variables: Row) -> bool:
    return True


CONDITIONS: Mapping[str, Callable[[Row, Row], bool]] = {
    "false": lambda row, _: False,
    "X.__name in names": lambda row, given: row["__name"] in given["names"],
    "X.host_name in hosts": lambda row, given: row["host_name"] in given["hosts"],
    "X.last_check_result == null": lambda row, _: row["last_check_result"] is None,
    "X.last_check_result != null && X.state != 0 && X.state_type == 1": lambda row, _: (
        row["last_check_result"] is not None and row["state"] != 0 and row["state_type"] == HARD
    ),
    "X.entry_type == 4": lambda row, _: row["entry_type"] == 4,
    "X.trigger_time > 0": lambda row, _: row["trigger_time"] > 0,
}
"""What the conditions of the connector mean; `X` is the object."""
