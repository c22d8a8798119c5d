"""Reads the hosts and items of a system in a process of its own: `ours|naive KIND URL`; prints time and memory."""

import json
import sys
import time
from collections.abc import Callable, Mapping

import httpx

from app.connectors.base import MonitorAccess
from app.connectors.registry import open_connector
from app.connectors.zabbix.host_records import HOST_FIELDS
from app.connectors.zabbix.item_records import ITEM_FIELDS
from bench.programs.pull import memory_mb

ACCESS = {"zabbix": ("Admin", "zabbix"), "icinga2": ("root", "icinga"), "nagios": (None, None)}
QUERY = {"X-HTTP-Method-Override": "GET"}


def ours(kind: str, url: str) -> tuple[int, int]:
    """Read with the connector, as a pull does; return the numbers of hosts and items."""
    items = 0
    with open_connector(kind, MonitorAccess(url, *ACCESS[kind])) as connector:
        names = [record.external_id for page in connector.hosts() for record in page.records]
        for page in connector.items(names):
            items += len(page.records)
    return len(names), items


def zabbix(client: httpx.Client, url: str) -> tuple[int, int]:
    """Ask Zabbix for all hosts, then for the items of one host after another."""

    def call(method: str, params: object) -> list[dict[str, str]]:
        body = {"jsonrpc": "2.0", "method": method, "params": params, "id": 1}
        answer = client.post(f"{url}/api_jsonrpc.php", json=body, headers=headers).raise_for_status().json()
        result: list[dict[str, str]] = answer["result"]
        return result

    headers: dict[str, str] = {}
    session = call("user.login", {"username": "Admin", "password": "zabbix"})
    headers["Authorization"] = f"Bearer {session}"
    hosts = call("host.get", {"output": HOST_FIELDS})
    return len(hosts), sum(
        len(call("item.get", {"hostids": [host["hostid"]], "output": ITEM_FIELDS})) for host in hosts
    )


def icinga2(client: httpx.Client, url: str) -> tuple[int, int]:
    """Ask Icinga for all hosts, then for the services of one host after another."""
    client.auth = httpx.BasicAuth("root", "icinga")
    attrs = ["name", "state", "last_check_result"]

    def query(kind: str, body: object) -> list[dict[str, str]]:
        answer = client.post(f"{url}/v1/objects/{kind}", json=body, headers=QUERY).raise_for_status().json()
        found: list[dict[str, str]] = answer["results"]
        return found

    hosts = query("hosts", {"attrs": ["__name", *attrs]})
    items = 0
    for host in hosts:
        condition = {"filter": "service.host_name in hosts", "filter_vars": {"hosts": [host["name"]]}}
        items += len(query("services", {"attrs": ["__name", "host_name", *attrs], **condition}))
    return len(hosts), items


def nagios(client: httpx.Client, url: str) -> tuple[int, int]:
    """Ask Nagios for all hosts, then for the services of one host after another."""

    def query(**params: str) -> dict[str, dict[str, object]]:
        answer = client.get(f"{url}/statusjson.cgi", params={"details": "true", **params}).raise_for_status().json()
        found: dict[str, dict[str, object]] = answer["data"][params["query"]]
        return found

    hosts = query(query="hostlist")
    return len(hosts), sum(len(query(query="servicelist", hostname=host)) for host in hosts)


NAIVE: Mapping[str, Callable[[httpx.Client, str], tuple[int, int]]] = {
    "zabbix": zabbix,
    "icinga2": icinga2,
    "nagios": nagios,
}


def main() -> None:
    """Read once."""
    who, kind, url = sys.argv[1:]
    begun_at = time.perf_counter()
    if who == "ours":
        hosts, items = ours(kind, url)
    else:
        with httpx.Client(timeout=300, trust_env=False) as client:
            hosts, items = NAIVE[kind](client, url)
    seconds = time.perf_counter() - begun_at
    print(json.dumps({"seconds": seconds, "memory_mb": memory_mb(), "hosts": hosts, "items": items}))


if __name__ == "__main__":
    main()
