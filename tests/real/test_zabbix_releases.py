"""A user works with a real Zabbix 5.0, 6.0 and 7.0 through nagare: each of them can do the same."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.acceptance.fixtures import _tidy, database_url, stack, user, worker
from tests.acceptance.stack import Stack
from tests.acceptance.user import Json, User
from tests.cli.processes import wait_for
from tests.real.zabbix_fill import TRAPPER_ITEM, UNSIGNED, Value, ZabbixApi, fresh_name, wait_until
from tests.real.zabbix_media_type import posting

__all__ = ["_tidy", "database_url", "stack", "user", "worker"]

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("worker")]

KEY = "queue.length"
LEVELS = {"0": "Down", "1": "Up"}


@pytest.fixture(scope="module", params=["5.0", "6.0", "7.0"])
def api(request: pytest.FixtureRequest) -> Iterator[ZabbixApi]:
    if request.param == "6.0":
        url, port = request.getfixturevalue("zabbix_url"), 0
    else:
        url = request.getfixturevalue("zabbix_releases")[request.param]
        port = (urlsplit(url).port or 0) + 1
    with ZabbixApi(url, trapper_port=port) as api:
        assert ".".join(map(str, api.version)) == request.param
        yield api


class Fleet:
    """A host with one item, which has a value map and a trigger above 5."""

    def __init__(self, api: ZabbixApi) -> None:
        self.api = api
        self.name = fresh_name("release")
        self.group = api.call("hostgroup.get", {"output": ["groupid"], "limit": 1})
        interface = {"type": 1, "main": 1, "useip": 1, "ip": "127.0.0.1", "dns": "", "port": "10050"}
        about = {"inventory_mode": 0, "inventory": {"os": "Debian"}, "tags": [{"tag": "team", "value": "支付"}]}
        new = {"host": self.name, "name": f"{self.name} 主机", "groups": self.group, "interfaces": [interface]}
        (self.host_id,) = api.call("host.create", {**new, **about, "status": 1})["hostids"]
        item = {"hostid": self.host_id, "type": TRAPPER_ITEM, "value_type": UNSIGNED, "name": "queue", "key_": KEY}
        self.value_map_id = self._make_value_map()
        (self.item_id,) = api.call("item.create", {**item, "valuemapid": self.value_map_id})["itemids"]
        last = f"last(/{self.name}/{KEY})" if api.version >= (5, 4) else f"{{{self.name}:{KEY}.last()}}"
        trigger = {"description": "queue 过长", "expression": f"{last}>5", "priority": 4}
        api.call("trigger.create", trigger)
        api.call("host.update", {"hostid": self.host_id, "status": 0})

    def _make_value_map(self) -> str:
        lines = [{"value": value, "newvalue": shown} for value, shown in LEVELS.items()]
        owner = {"hostid": self.host_id} if self.api.version >= (5, 4) else {}
        made = self.api.call("valuemap.create", {"name": self.name, "mappings": lines, **owner})
        return str(made["valuemapids"][0])

    def problems(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.api.call("problem.get", {"hostids": [self.host_id], "output": "extend"})
        return found

    def send(self, value: int, problems: int) -> None:
        self.api.send_once([Value(self.name, KEY, str(value))])
        wait_until(lambda: len(self.problems()) == problems, 60, f"{problems} problems")

    def delete(self) -> None:
        self.api.call("host.delete", [self.host_id])
        if self.api.version < (5, 4):
            self.api.call("valuemap.delete", [self.value_map_id])


@pytest.fixture
def fleet(api: ZabbixApi) -> Iterator[Fleet]:
    fleet = Fleet(api)
    yield fleet
    fleet.delete()


@pytest.fixture
def monitor(user: User, api: ZabbixApi) -> int:
    return user.add_monitor(api.url, "zabbix", username="Admin", password="zabbix")


def succeed(user: User, task_id: str) -> None:
    task = user.end(task_id)
    assert task["state"] == "succeeded", task


def pulled(user: User, monitor: int, fleet: Fleet) -> tuple[Json, Json]:
    """Pull everything; return the fleet's host and item."""
    succeed(user, user.submit(f"/monitors/{monitor}/sync-async"))
    [host] = [host for host in user.all("/hosts", monitor_id=monitor) if host["external_id"] == fleet.host_id]
    [item] = user.all("/items", host_id=host["id"])
    return user.get(f"/hosts/{host['id']}"), user.get(f"/items/{item['id']}")


def test_check_hosts_and_items(user: User, api: ZabbixApi, fleet: Fleet, monitor: int) -> None:
    check = user.post(f"/monitors/{monitor}/check")
    assert (check["ok"], check["version"][:3]) == (True, ".".join(map(str, api.version)))
    fleet.send(0, problems=0)
    host, item = pulled(user, monitor, fleet)
    assert (host["name"], host["ip_addr"], host["labels"]) == (fleet.name, "127.0.0.1", {"team": "支付"})
    [interface] = host["details"]["interfaces"]
    assert (interface["type"], interface["address"], interface["port"]) == ("agent", "127.0.0.1", "10050")
    assert host["details"]["inventory"] == {"os": "Debian"}
    assert (item["external_id"], item["key"], item["value"]) == (fleet.item_id, KEY, "0")
    assert item["value_text"] == "Down (0)"


def test_a_problem_is_an_alert_and_is_acknowledged_there(user: User, fleet: Fleet, monitor: int) -> None:
    fleet.send(9, problems=1)
    host, item = pulled(user, monitor, fleet)
    succeed(user, user.pull(monitor, "alerts"))
    [alert] = user.all("/alerts", host_id=host["id"])
    assert (alert["message"], alert["severity"], alert["item_id"]) == ("queue 过长", 2, item["id"])
    user.post(f"/alerts/{alert['id']}/acknowledge", body={"comment": "我来看"})
    task = user.all("/tasks", type="acknowledge_alert")[0]
    succeed(user, task["task_id"])
    assert [problem["acknowledged"] for problem in fleet.problems()] == ["1"]
    fleet.send(1, problems=0)
    succeed(user, user.pull(monitor, "alerts"))
    assert user.get(f"/alerts/{alert['id']}")["status"] == 2


def test_edits_are_pushed_and_hosts_without_an_address_are_made(
    user: User, api: ZabbixApi, fleet: Fleet, monitor: int
) -> None:
    host, item = pulled(user, monitor, fleet)
    path = f"/monitors/{monitor}/hosts/{host['id']}"
    user.call("PATCH", f"/hosts/{host['id']}", 200, {"display_name": f"{fleet.name} 新名"})
    user.call("PATCH", f"/items/{item['id']}", 200, {"name": "队列"})
    succeed(user, user.submit(f"{path}/push-async"))
    succeed(user, user.submit(f"{path}/items/{item['id']}/push-async"))
    [row] = api.call("host.get", {"hostids": [fleet.host_id], "output": ["name"], "selectItems": ["name"]})
    assert (row["name"], [each["name"] for each in row["items"]]) == (f"{fleet.name} 新名", ["队列"])

    made = user.post(f"/monitors/{monitor}/hosts", 201, {"name": f"{fleet.name}-made", "groups": ["新建组"]})
    counter = user.post(f"/hosts/{made['id']}/items", 201, {"name": "计数", "key": "counter", "value_type": "unsigned"})
    path = f"/monitors/{monitor}/hosts/{made['id']}"
    succeed(user, user.submit(f"{path}/push-async"))
    succeed(user, user.submit(f"{path}/items/{counter['id']}/push-async"))
    made = user.get(f"/hosts/{made['id']}")
    try:
        assert (made["ip_addr"], made["status"]) == (None, 1)
        [row] = api.call("item.get", {"hostids": [made["external_id"]], "output": ["type"]})
        assert row["type"] == str(TRAPPER_ITEM)
    finally:
        api.call("host.delete", [made["external_id"]])


def test_the_shipped_media_type_posts_a_problem_and_its_end(
    stack: Stack, user: User, api: ZabbixApi, fleet: Fleet, monitor: int
) -> None:
    token = user.post(f"/monitors/{monitor}/webhook-token", 201)["token"]
    host, _ = pulled(user, monitor, fleet)

    def posted() -> list[Json]:
        return user.all("/alerts", host_id=host["id"], status=0)

    def is_a_problem_posted() -> bool:
        """Cause a problem; the server may not know of the action yet, then that one is over unposted."""
        fleet.send(9, problems=1)
        try:
            wait_until(lambda: bool(posted()), 5, "the problem to be posted")
        except TimeoutError:
            fleet.send(1, problems=0)
        return bool(posted())

    with posting(api, fleet.host_id, f"http://127.0.0.1:{stack.port}/", token):
        wait_for(is_a_problem_posted, "a problem to be posted", timeout_s=90)
        [alert] = posted()
        assert [alert["external_id"]] == [problem["eventid"] for problem in fleet.problems()]
        assert (alert["message"], alert["source_severity"]) == ("queue 过长", "High")
        fleet.send(1, problems=0)
        wait_for(lambda: user.get(f"/alerts/{alert['id']}")["status"] == 2, "its end to be posted", timeout_s=60)
