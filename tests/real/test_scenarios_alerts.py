"""Problems of a real Zabbix appear, are acknowledged on both sides, and end."""

from collections.abc import Iterator

import pytest

from tests.acceptance.fixtures import _tidy, database_url, stack, user, worker
from tests.acceptance.user import Json, User
from tests.real.zabbix_fill import TRAPPER_ITEM, UNSIGNED, Value, ZabbixApi, wait_until

__all__ = ["_tidy", "database_url", "stack", "user", "worker"]

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("worker")]

HOST = "alerting-主机"
KEYS = ("disk.used", "queue.length")
HIGH, AVERAGE = 4, 3


class Alerting:
    """A host of Zabbix with two items, each with a trigger that a value above 5 sets off."""

    def __init__(self, api: ZabbixApi) -> None:
        self.api = api
        group = api.call("hostgroup.get", {"output": ["groupid"], "limit": 1})
        new = {"host": "alerting", "name": HOST, "groups": group}
        (self.host_id,) = api.call("host.create", new)["hostids"]
        item = {"hostid": self.host_id, "type": TRAPPER_ITEM, "value_type": UNSIGNED}
        self.item_ids = api.call("item.create", [{**item, "name": key, "key_": key} for key in KEYS])["itemids"]
        triggers = [
            {"description": f"{key} 过高", "expression": f"last(/alerting/{key})>5", "priority": priority}
            for key, priority in zip(KEYS, (HIGH, AVERAGE), strict=True)
        ]
        api.call("trigger.create", triggers)

    def problems(self) -> dict[str, Json]:
        query = {"hostids": [self.host_id], "output": "extend", "selectAcknowledges": ["message"]}
        return {problem["eventid"]: problem for problem in self.api.call("problem.get", query)}

    def send(self, values: tuple[int, int], problems: int) -> None:
        """Send a value of each item until that many problems follow: the server learns of new items by and by."""

        def is_so() -> bool:
            self.api.send(Value("alerting", key, str(value)) for key, value in zip(KEYS, values, strict=True))
            return len(self.problems()) == problems

        wait_until(is_so, 60, f"{problems} problems")

    def delete(self) -> None:
        self.api.call("host.delete", [self.host_id])


@pytest.fixture
def alerting(zabbix_api: ZabbixApi) -> Iterator[Alerting]:
    alerting = Alerting(zabbix_api)
    yield alerting
    alerting.delete()


def test_problems_of_zabbix_from_their_beginning_to_their_end(
    user: User, alerting: Alerting, zabbix_api: ZabbixApi
) -> None:
    monitor = user.add_monitor(zabbix_api.url, "zabbix", username="Admin", password="zabbix")

    def pull() -> Json:
        task = user.end(user.pull(monitor, "alerts"))
        assert task["state"] == "succeeded", task
        result: Json = task["result"]
        return result

    def alerts() -> list[Json]:
        # By their messages: disk.used before queue.length.
        return sorted(user.all("/alerts", host_id=host["id"]), key=lambda alert: alert["message"])

    user.end(user.pull(monitor, "items"))
    [host] = user.all("/hosts", q=HOST)
    items = {item["external_id"]: item["id"] for item in user.all("/items", host_id=host["id"])}
    alerting.send((9, 9), problems=2)
    assert pull()["new"] >= 2
    found = alerts()
    assert {alert["external_id"] for alert in found} == {*alerting.problems()}
    assert [(alert["message"], alert["severity"], alert["status"], alert["item_id"]) for alert in found] == [
        ("disk.used 过高", 2, 0, items[alerting.item_ids[0]]),
        ("queue.length 过高", 1, 0, items[alerting.item_ids[1]]),
    ]
    assert user.get(f"/hosts/{host['id']}")["status_description"] == "Critical alert: disk.used 过高"

    disk, queue = found
    user.post(f"/alerts/{disk['id']}/acknowledge", body={"comment": "我来看"})
    [task] = user.all("/tasks", type="acknowledge_alert")
    assert user.end(task["task_id"])["state"] == "succeeded"
    there = alerting.problems()[disk["external_id"]]
    assert (there["acknowledged"], [said["message"] for said in there["acknowledges"]]) == ("1", ["admin: 我来看"])

    zabbix_api.call("event.acknowledge", {"eventids": [queue["external_id"]], "action": 2})
    assert pull()["new"] == 0
    assert [(alert["status"], alert["count"]) for alert in alerts()] == [(1, 2), (1, 2)]

    alerting.send((1, 9), problems=1)
    assert pull()["resolved"] == 1
    assert [alert["status"] for alert in alerts()] == [2, 1]
    assert user.get(f"/hosts/{host['id']}")["status"] == 1
    kinds = [event["kind"] for event in user.all(f"/alerts/{disk['id']}/events")]
    assert kinds == ["resolved", "acknowledged", "fired"]

    alerting.send((9, 9), problems=2)
    assert pull()["new"] == 1
    assert len(alerts()) == 3
