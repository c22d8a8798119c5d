"""A user works with a real Zabbix through nagare: the API, Valkey and a worker as processes of their own."""

from datetime import datetime
from typing import Any

import pytest

from tests.acceptance.fixtures import _tidy, database_url, stack, user, worker
from tests.acceptance.user import Json, User
from tests.real.zabbix_fill import ZabbixApi
from tests.real.zabbix_rows import VALUE_TYPES, address, last_value, value_at

__all__ = ["_tidy", "database_url", "stack", "user", "worker"]

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("worker")]


@pytest.fixture
def monitor(user: User, zabbix_api: ZabbixApi) -> int:
    return user.add_monitor(zabbix_api.url, "zabbix", username="Admin", password="zabbix")


def result(user: User, task_id: str) -> Json:
    """What the task did; it must have ended well."""
    task = user.end(task_id)
    assert task["state"] == "succeeded", task
    counts: Json = task["result"]
    return counts


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def host_status(row: dict[str, Any]) -> int:
    """The status that the contract gives: 0 inactive, 2 with an interface that Zabbix cannot reach, else 1."""
    if row["status"] == "1":
        return 0
    return 2 if any(each["available"] == "2" for each in row["interfaces"]) else 1


def assert_same_hosts(user: User, monitor: int, zabbix_api: ZabbixApi) -> None:
    rows = zabbix_api.call("host.get", {"output": "extend", "selectInterfaces": "extend", "selectGroups": ["name"]})
    expected = {}
    for row in rows:
        groups = sorted(group["name"] for group in row["groups"])
        expected[row["hostid"]] = (row["host"], row["name"], row["description"], address(row), groups, host_status(row))
    fields = ("name", "display_name", "description", "ip_addr", "groups", "status")
    found = {
        host["external_id"]: tuple(sorted(host[name]) if name == "groups" else host[name] for name in fields)
        for host in user.all("/hosts", monitor_id=monitor)
    }
    assert found == expected


def assert_same_items(user: User, zabbix_api: ZabbixApi, hosts: list[Json]) -> int:
    query = {"hostids": [host["external_id"] for host in hosts], "output": "extend"}
    expected = {
        row["itemid"]: (
            row["name"],
            row["key_"],
            last_value(row),
            row["units"],
            VALUE_TYPES[int(row["value_type"])],
            row["delay"],
            value_at(row),
            0 if row["status"] == "1" else 2 if row["state"] == "1" else 1,
        )
        for row in zabbix_api.call("item.get", query)
    }
    fields = ("name", "key", "value", "units", "value_type", "interval")
    found = {
        item["external_id"]: (*(item[name] for name in fields), moment(item["value_at"]), item["status"])
        for host in hosts
        for item in user.all("/items", host_id=host["id"])
    }
    assert found == expected
    return len(found)


def fleet(user: User, monitor: int) -> list[Json]:
    return [host for host in user.all("/hosts", monitor_id=monitor) if host["name"].startswith("fleet-")]


def test_the_hosts_are_exactly_zabbixs_and_a_second_pull_changes_nothing(
    user: User, monitor: int, zabbix_api: ZabbixApi
) -> None:
    first = result(user, user.pull(monitor))
    assert first["created"] == first["seen"] >= 30
    assert_same_hosts(user, monitor, zabbix_api)
    before = user.all("/hosts", monitor_id=monitor)
    second = result(user, user.pull(monitor))
    assert (second["created"], second["vanished"]) == (0, 0)
    assert [host["id"] for host in user.all("/hosts", monitor_id=monitor)] == [host["id"] for host in before]
    assert len(fleet(user, monitor)) == 30
    assert sum(host["status"] == 0 for host in fleet(user, monitor)) == 3
    assert sum("数据库主机" in host["display_name"] for host in fleet(user, monitor)) == 5


def test_the_items_of_one_host_and_of_all_are_exactly_zabbixs(user: User, monitor: int, zabbix_api: ZabbixApi) -> None:
    user.end(user.pull(monitor))
    hosts = fleet(user, monitor)
    assert result(user, user.submit(f"/monitors/{monitor}/hosts/{hosts[0]['id']}/items/pull-async"))["created"] == 20
    assert assert_same_items(user, zabbix_api, hosts[:1]) == 20
    everything = result(user, user.pull(monitor, "items"))
    assert everything["seen"] >= 600
    assert assert_same_items(user, zabbix_api, hosts) == 600
    again = result(user, user.pull(monitor, "items"))
    assert (again["created"], again["vanished"]) == (0, 0)


def test_a_host_that_is_deleted_in_zabbix_becomes_inactive(user: User, monitor: int, zabbix_api: ZabbixApi) -> None:
    group = zabbix_api.call("hostgroup.get", {"output": ["groupid"], "limit": 1})
    (host_id,) = zabbix_api.call("host.create", {"host": "short-lived", "name": "短命主机", "groups": group})["hostids"]
    user.end(user.pull(monitor))
    [host] = [host for host in user.all("/hosts", monitor_id=monitor) if host["external_id"] == host_id]
    assert (host["display_name"], host["status"]) == ("短命主机", 1)
    zabbix_api.call("host.delete", [host_id])
    assert result(user, user.pull(monitor))["vanished"] == 1
    gone = user.get(f"/hosts/{host['id']}")
    assert (gone["name"], gone["status"]) == ("short-lived", 0)


def test_what_is_edited_here_is_pushed_to_zabbix(user: User, monitor: int, zabbix_api: ZabbixApi) -> None:
    user.end(user.pull(monitor))
    host = fleet(user, monitor)[4]
    user.call("PATCH", f"/hosts/{host['id']}", 200, {"display_name": "推送的主机"})
    result(user, user.submit(f"/monitors/{monitor}/hosts/{host['id']}/push-async"))
    [row] = zabbix_api.call("host.get", {"hostids": [host["external_id"]], "output": ["name"]})
    assert row["name"] == "推送的主机"
    assert result(user, user.pull(monitor))["updated"] == 0

    path = f"/monitors/{monitor}/hosts/{host['id']}"
    user.end(user.submit(f"{path}/items/pull-async"))
    item = user.all("/items", host_id=host["id"])[0]
    user.call("PATCH", f"/items/{item['id']}", 200, {"name": "推送的监控项"})
    result(user, user.submit(f"{path}/items/{item['id']}/push-async"))
    [row] = zabbix_api.call("item.get", {"itemids": [item["external_id"]], "output": ["name"]})
    assert row["name"] == "推送的监控项"


def test_what_was_edited_on_both_sides_is_pushed_only_by_force(user: User, monitor: int, zabbix_api: ZabbixApi) -> None:
    user.end(user.pull(monitor))
    host = fleet(user, monitor)[6]
    user.call("PATCH", f"/hosts/{host['id']}", 200, {"display_name": "改于此处"})
    edited_there = {"hostid": host["external_id"], "name": "改于 Zabbix", "description": "only there"}
    zabbix_api.call("host.update", edited_there)
    path = f"/monitors/{monitor}/hosts/{host['id']}/push-async"

    refused = user.end(user.submit(path))
    assert (refused["state"], refused["reason"], refused["attempts"]) == ("dead", "source_conflict", 1)
    assert "'改于 Zabbix' at the monitor, '改于此处' in nagare" in refused["error"]

    result(user, user.submit(path, force="true"))
    [row] = zabbix_api.call("host.get", {"hostids": [host["external_id"]], "output": ["name", "description"]})
    assert (row["name"], row["description"]) == ("改于此处", "only there")
    pushed = user.get(f"/hosts/{host['id']}")
    assert (pushed["display_name"], pushed["description"]) == ("改于此处", "only there")
    back = {"hostid": host["external_id"], "name": host["display_name"], "description": host["description"]}
    zabbix_api.call("host.update", back)


def test_a_host_and_an_item_that_are_made_here_are_made_in_zabbix(
    user: User, monitor: int, zabbix_api: ZabbixApi
) -> None:
    user.end(user.pull(monitor))
    new = {"name": "made-here", "display_name": "新建主机", "ip_addr": "127.0.0.1", "groups": ["新建组"]}
    host = user.post(f"/monitors/{monitor}/hosts", 201, new)
    item = user.post(f"/hosts/{host['id']}/items", 201, {"name": "负载", "key": "system.cpu.load", "units": "%"})
    assert result(user, user.pull(monitor))["vanished"] == 0
    path = f"/monitors/{monitor}/hosts/{host['id']}"
    user.call("POST", f"{path}/items/{item['id']}/push-async", 409)
    result(user, user.submit(f"{path}/push-async"))
    result(user, user.submit(f"{path}/items/{item['id']}/push-async"))

    query = {"filter": {"host": "made-here"}, "output": ["name"], "selectGroups": ["name"], "selectItems": "extend"}
    [row] = zabbix_api.call("host.get", query)
    assert (row["name"], [group["name"] for group in row["groups"]]) == ("新建主机", ["新建组"])
    assert [(one["name"], one["key_"], one["delay"], one["units"]) for one in row["items"]] == [
        ("负载", "system.cpu.load", "1m", "%")
    ]
    assert user.get(f"/hosts/{host['id']}")["external_id"] == row["hostid"]
    assert user.get(f"/items/{item['id']}")["external_id"] == row["items"][0]["itemid"]
    again = result(user, user.pull(monitor))
    assert (again["created"], again["vanished"]) == (0, 0)
    zabbix_api.call("host.delete", [row["hostid"]])


def test_check_tells_the_version_or_why_not(user: User, monitor: int, zabbix_api: ZabbixApi) -> None:
    check = user.post(f"/monitors/{monitor}/check")
    assert (check["ok"], check["version"][:4]) == (True, "6.0.")
    assert check["latency_ms"] > 0
    user.change_monitor(monitor, password="wrong")
    check = user.post(f"/monitors/{monitor}/check")
    assert (check["ok"], check["version"]) == (False, None)
    assert "Incorrect user name or password" in check["error"]


def test_a_wrong_password_is_dead_at_once(user: User, zabbix_api: ZabbixApi) -> None:
    monitor = user.add_monitor(zabbix_api.url, "zabbix", username="Admin", password="wrong-密码")
    task = user.end(user.pull(monitor))
    assert (task["state"], task["attempts"], task["reason"]) == ("dead", 1, "source_refused_login")
    assert "Incorrect user name or password" in task["error"]
