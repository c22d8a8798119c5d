"""Fills a real Zabbix with a fleet, over its own JSON-RPC API and trapper protocol."""

import json
import os
import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

import httpx

T = TypeVar("T")

TRAPPER_PORT = 30051
TRAPPER_ITEM = 2
TRAPPER_HEADER = 13
"""Bytes before the JSON of an answer."""
FLOAT, CHAR, UNSIGNED, TEXT = 0, 1, 3, 4
VALUE_TYPES = [FLOAT, CHAR, UNSIGNED, TEXT]
UNITS = {FLOAT: "%", UNSIGNED: "B"}


def wait_until(condition: Callable[[], bool], timeout_s: float, what: str) -> None:
    """Ask again and again until `condition` holds. Raises `TimeoutError` saying what did not come."""
    give_up_at = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"{what}: not within {timeout_s:g} s")
        time.sleep(0.1)


def fresh_name(prefix: str) -> str:
    """Return a name that no host had: the server takes values for a deleted one until it reads its database again."""
    return f"{prefix}-{time.time_ns()}"


class ZabbixError(Exception):
    """Zabbix answered a call with an error."""


class Value(NamedTuple):
    """A value for one item, as `zabbix_sender` would send it."""

    host: str
    key: str
    value: str


class ZabbixApi:
    """A signed-in conversation with Zabbix 5.0 to 7.0, as its administrator."""

    def __init__(self, url: str, username: str = "Admin", password: str = "zabbix", trapper_port: int = 0) -> None:
        """Sign in. Raises `ZabbixError` when Zabbix refuses."""
        self.url = url
        self._trapper_port = trapper_port or int(os.environ.get("NAGARE_LAB_ZABBIX_TRAPPER_PORT", TRAPPER_PORT))
        self._http = httpx.Client(timeout=60, trust_env=False)
        self._session: str | None = None
        self.version = tuple(map(int, self.call("apiinfo.version", {}).split(".")[:2]))
        name = "username" if self.version >= (5, 4) else "user"
        self._session = self.call("user.login", {name: username, "password": password})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def call(self, method: str, params: dict[str, Any] | list[Any]) -> Any:
        """Return the result of one method. Raises `ZabbixError` with Zabbix's own words."""
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        if self._session:
            request["auth"] = self._session
        response = self._http.post(self.url, json=request, headers={"Content-Type": "application/json-rpc"})
        answer = response.raise_for_status().json()
        if "error" in answer:
            raise ZabbixError(f"{method}: {answer['error']['message']} {answer['error']['data']}")
        return answer["result"]

    def fill(self, hosts: int, items: int, prefix: str) -> int:
        """Make the fleet `prefix` anew, give every enabled item of an enabled host a value, return how many there are.

        Host n is disabled when n % 10 == 9, has a Chinese visible name when n % 7 == 0, a DNS name for an address when
        n % 5 == 4 and no address at all when n % 11 == 10. Item k is disabled when k % 13 == 12. When n % 5 == 0 the
        host has a problem, of severity n % 6.
        """
        self.delete(prefix)
        group_names = [f"{prefix} servers", f"{prefix} 二号机房"]
        groups = self.call("hostgroup.create", [{"name": name} for name in group_names])["groupids"]
        names = [f"{prefix}-{n:05d}" for n in range(hosts)]
        host_ids: list[str] = []
        for chunk in _chunks([_host(n, name, groups) for n, name in enumerate(names)], 100):
            host_ids += self.call("host.create", chunk)["hostids"]
        for chunk in _chunks([_item(host_id, k) for host_id in host_ids for k in range(items)], 1000):
            self.call("item.create", chunk)
        if items:
            for chunk in _chunks([_trigger(n, name) for n, name in enumerate(names)], 100):
                self.call("trigger.create", chunk)
        # Only now, so that the server knows the triggers before it takes the first value.
        enabled = [n for n in range(hosts) if not _is_host_disabled(n)]
        self.call("host.massupdate", {"hosts": [{"hostid": host_ids[n]} for n in enabled], "status": 0})
        values = [Value(names[n], f"metric[{k}]", _value(n, k)) for n in enabled for k in range(items) if k % 13 != 12]
        problems = sum(1 for n in enabled if _has_problem(n)) if items else 0
        self._deliver(values, groups[0])
        wait_until(lambda: self._problem_count(groups[0]) == problems, 30, f"{problems} problems of {prefix}")
        return len(values)

    def delete(self, prefix: str) -> None:
        """Delete the fleet `prefix`, if it is there, and the maintenances it is in.

        Zabbix refuses to delete the only host of a maintenance, which a test that was killed leaves behind.
        """
        for kind, key in (("host", "hostid"), ("hostgroup", "groupid")):
            field, start = ("host", f"{prefix}-") if kind == "host" else ("name", f"{prefix} ")
            search = {"output": [key], "search": {field: start}, "startSearch": True}
            if ids := [row[key] for row in self.call(f"{kind}.get", search)]:
                self._delete_found("maintenance", "maintenanceid", {f"{key}s": ids})
                self.call(f"{kind}.delete", ids)

    def delete_named(self, kind: str, key: str, name_field: str, name: str) -> None:
        """Delete the object of this name, if it is there: a test that was killed left it behind."""
        self._delete_found(kind, key, {"filter": {name_field: [name]}})

    def _delete_found(self, kind: str, key: str, query: dict[str, Any]) -> None:
        if found := self.call(f"{kind}.get", {"output": [key], **query}):
            self.call(f"{kind}.delete", [row[key] for row in found])

    def send(self, values: Iterable[Value], clock: int | None = None) -> int:
        """Hand values to the server's trapper, which drops those of items it has not read from its database yet.

        They are of the moment `clock`, in seconds since 1970; without it of the moment of their arrival. Returns how
        many it says it took.
        """
        taken = 0
        moment = {} if clock is None else {"clock": clock, "ns": 0}
        for chunk in _chunks(list(values), 500):
            rows = [value._asdict() | moment for value in chunk]
            said = self._ask_server({"request": "sender data", "data": rows})["info"]
            taken += int(said.removeprefix("processed: ").partition(";")[0])
        return taken

    def press_test_button(self, media_type_id: str, typed: dict[str, str]) -> Any:
        """Do what the *Test* button of a media type does: send its parameters, some of them typed in by hand."""
        query = {"mediatypeids": [media_type_id], "output": "extend"}
        [media_type] = self.call("mediatype.get", query)
        parameters = {row["name"]: row["value"] for row in media_type["parameters"]} | typed
        data = {"mediatypeid": media_type_id, "parameters": parameters}
        return self._ask_server({"request": "alert.send", "sid": self._session, "data": data})

    def send_once(self, values: Sequence[Value]) -> None:
        """Hand values of one host over as soon as the server knows their items, never twice, and wait for the API to
        show them: the trapper answers before the server writes what it took.

        A second copy could arrive after the next value. The host must have a fresh name, and have been disabled until
        all its triggers were there: the server learns of both at once then.
        """
        host, keys = values[0].host, {value.key for value in values}
        before = self._last_moments(host)
        wait_until(lambda: self.send(values) == len(values), 60, f"{len(values)} values to be taken")

        def are_shown() -> bool:
            return keys <= {key for key, moment in self._last_moments(host).items() if moment != before[key]}

        wait_until(are_shown, 60, f"{len(values)} values to be shown")

    def _last_moments(self, host: str) -> dict[str, tuple[str, str]]:
        """Return by key when each item of a host had its last value, in seconds and nanoseconds."""
        rows = self.call("item.get", {"host": host, "output": ["key_", "lastclock", "lastns"]})
        return {row["key_"]: (row["lastclock"], row["lastns"]) for row in rows}

    def _deliver(self, values: Sequence[Value], group_id: str) -> None:
        """Send values until the API shows one for each item: the trapper's own count of those it took says less.

        All are of one moment: one that is on its way when it is sent again would else move its item's last value on,
        at a time when the tests already compare it.
        """
        clock = int(time.time())

        def is_all_there() -> bool:
            query = {"groupids": [group_id], "output": ["key_", "lastclock"], "selectHosts": ["host"]}
            rows = self.call("item.get", query)
            arrived = {(row["hosts"][0]["host"], row["key_"]) for row in rows if row["lastclock"] != "0"}
            missing = [value for value in values if (value.host, value.key) not in arrived]
            self.send(missing, clock)
            return not missing

        wait_until(is_all_there, 60, f"{len(values)} values")

    def _ask_server(self, request: dict[str, Any]) -> Any:
        """Return what the server's trapper answers."""
        data = json.dumps(request).encode()
        with socket.create_connection(("127.0.0.1", self._trapper_port), timeout=30) as connection:
            connection.sendall(b"ZBXD\x01" + struct.pack("<II", len(data), 0) + data)
            with connection.makefile("rb") as answers:
                # It closes the connection when it has answered.
                return json.loads(answers.read()[TRAPPER_HEADER:])

    def _problem_count(self, group_id: str) -> int:
        return int(self.call("problem.get", {"groupids": [group_id], "countOutput": True}))


def _chunks(rows: list[T], size: int) -> Iterator[list[T]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))


def _is_host_disabled(n: int) -> bool:
    return n % 10 == 9


def _has_problem(n: int) -> bool:
    return n % 5 == 0


def _host(n: int, name: str, groups: Sequence[str]) -> dict[str, Any]:
    by_dns = n % 5 == 4
    interface = {
        "type": 1,
        "main": 1,
        "useip": int(not by_dns),
        "ip": "" if by_dns else f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}",
        "dns": f"{name}.example.net" if by_dns else "",
        "port": "10050",
    }
    return {
        "host": name,
        "name": f"{name} 数据库主机" if n % 7 == 0 else f"{name} visible",
        "description": f"host {n}\n第 {n} 台",
        "status": 1,
        "groups": [{"groupid": group} for group in groups[: 1 + n % 2]],
        "interfaces": [] if n % 11 == 10 else [interface],
    }


def _item(host_id: str, k: int) -> dict[str, Any]:
    value_type = VALUE_TYPES[k % 4]
    return {
        "hostid": host_id,
        "name": f"指标 {k}" if k % 11 == 10 else f"metric {k}",
        "key_": f"metric[{k}]",
        "type": TRAPPER_ITEM,
        "value_type": value_type,
        "units": UNITS.get(value_type, ""),
        "description": f"item {k}",
        "status": int(k % 13 == 12),
    }


def _trigger(n: int, name: str) -> dict[str, Any]:
    return {
        "description": "metric 0 of {HOST.NAME} is over 90 %",
        "expression": f"last(/{name}/metric[0])>90",
        "priority": n % 6,
    }


def _value(n: int, k: int) -> str:
    if k == 0:
        return "95.5" if _has_problem(n) else "40.25"
    return {FLOAT: f"{(n + k) % 50}.5", CHAR: "正常", UNSIGNED: str(2**40 + n), TEXT: f"line 1 of {n}\n第二行"}[
        VALUE_TYPES[k % 4]
    ]
