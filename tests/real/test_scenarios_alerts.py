"""Problems of a real Zabbix appear, are acknowledged on both sides, and end."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from tests.acceptance.fixtures import _tidy, database_url, stack, user, worker
from tests.acceptance.stack import Stack
from tests.acceptance.user import Json, User
from tests.cli.processes import wait_for
from tests.real.zabbix_fill import TRAPPER_ITEM, UNSIGNED, Value, ZabbixApi, fresh_name, wait_until
from tests.real.zabbix_media_type import import_media_type, posting

__all__ = ["_tidy", "database_url", "stack", "user", "worker"]

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("worker")]

HOST = "alerting-主机"
KEYS = ("disk.used", "queue.length")
HIGH, AVERAGE = 4, 3
SENT = 1


class Alerting:
    """A host of Zabbix with two items, each with a trigger that a value above 5 sets off."""

    def __init__(self, api: ZabbixApi) -> None:
        self.api = api
        group = api.call("hostgroup.get", {"output": ["groupid"], "limit": 1})
        self.name = fresh_name("alerting")
        new = {"host": self.name, "name": HOST, "groups": group, "status": 1}
        (self.host_id,) = api.call("host.create", new)["hostids"]
        item = {"hostid": self.host_id, "type": TRAPPER_ITEM, "value_type": UNSIGNED}
        self.item_ids = api.call("item.create", [{**item, "name": key, "key_": key} for key in KEYS])["itemids"]
        triggers = [
            {
                "description": f"{key} 过高",
                "expression": f"last(/{self.name}/{key})>5",
                "priority": priority,
                "comments": "删除旧日志",
                "url": "https://wiki.example/alerting",
                "opdata": "now {ITEM.LASTVALUE1}",
                "tags": [{"tag": "team", "value": "支付"}, {"tag": "scope", "value": ""}],
            }
            for key, priority in zip(KEYS, (HIGH, AVERAGE), strict=True)
        ]
        api.call("trigger.create", triggers)
        api.call("host.update", {"hostid": self.host_id, "status": 0})

    def problems(self) -> dict[str, Json]:
        query = {"hostids": [self.host_id], "output": "extend", "selectAcknowledges": ["message"]}
        return {problem["eventid"]: problem for problem in self.api.call("problem.get", query)}

    def page(self, event_id: str) -> str:
        """Return the address of the problem's page in Zabbix's frontend."""
        frontend = self.api.url.removesuffix("/api_jsonrpc.php")
        return f"{frontend}/tr_events.php?triggerid={self.problems()[event_id]['objectid']}&eventid={event_id}"

    @contextmanager
    def maintenance(self) -> Iterator[str]:
        """Put the host into a maintenance, once Zabbix has noticed it; yield its name and wait for its end."""
        now = int(time.time())
        period = {"timeperiod_type": 0, "start_date": now - 60, "period": 3600}
        span = {"name": self.name, "active_since": now - 60, "active_till": now + 3600, "timeperiods": [period]}
        made = self.api.call("maintenance.create", {**span, "hostids": [self.host_id]})
        try:
            # Zabbix looks once a minute for whom a maintenance covers.
            wait_until(lambda: {row["suppressed"] for row in self.problems().values()} == {"1"}, 90, "its beginning")
            yield self.name
        finally:
            self.api.call("maintenance.delete", made["maintenanceids"])
        wait_until(lambda: {row["suppressed"] for row in self.problems().values()} == {"0"}, 90, "its end")

    def send(self, values: tuple[int, int], problems: int) -> None:
        """Send a value of each item, and wait until that many problems follow."""
        self.api.send_once([Value(self.name, key, str(value)) for key, value in zip(KEYS, values, strict=True)])
        wait_until(lambda: len(self.problems()) == problems, 60, f"{problems} problems")

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
    for alert in found:
        assert_told(alert, alerting)
        problem = alerting.problems()[alert["external_id"]]
        began = datetime.fromtimestamp(int(problem["clock"]), UTC).replace(microsecond=int(problem["ns"]) // 1000)
        assert datetime.fromisoformat(alert["started_at"]) == began

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


def test_problems_are_posted_by_the_shipped_media_type_and_pulled_as_the_same_alert(
    stack: Stack, user: User, alerting: Alerting, zabbix_api: ZabbixApi
) -> None:
    monitor = user.add_monitor(zabbix_api.url, "zabbix", username="Admin", password="zabbix")
    token = user.post(f"/monitors/{monitor}/webhook-token", 201)["token"]
    user.end(user.pull(monitor, "items"))
    [host] = user.all("/hosts", q=HOST)
    with posting(zabbix_api, alerting.host_id, f"http://127.0.0.1:{stack.port}/", token):

        def posted() -> list[Json]:
            return user.all("/alerts", host_id=host["id"], status=0)

        def is_a_problem_posted() -> bool:
            """Cause a problem; the server may not know of the action yet, then that one is over unposted."""
            alerting.send((9, 1), problems=1)
            try:
                wait_until(lambda: bool(posted()), 5, "the problem to be posted")
            except TimeoutError:
                alerting.send((1, 1), problems=0)
            return bool(posted())

        wait_for(is_a_problem_posted, "a problem to be posted", timeout_s=90)
        [alert] = posted()
        assert [alert["external_id"]] == [*alerting.problems()]
        assert (alert["message"], alert["severity"], alert["status"]) == ("disk.used 过高", 2, 0)
        assert_told(alert, alerting)
        clock = int(alerting.problems()[alert["external_id"]]["clock"])
        assert datetime.fromisoformat(alert["started_at"]) == datetime.fromtimestamp(clock, UTC)
        user.end(user.pull(monitor, "alerts"))
        assert [each["count"] for each in posted()] == [2]
        assert_told(posted()[0], alerting)

        path = f"/alerts/{alert['id']}"
        update = {"eventids": [alert["external_id"]], "action": 6, "message": "我来看"}
        zabbix_api.call("event.acknowledge", update)
        wait_for(lambda: user.get(path)["status"] == 1, "the acknowledgement to be posted", timeout_s=60)
        alerting.send((1, 1), problems=0)
        wait_for(lambda: user.get(path)["status"] == 2, "the end to be posted", timeout_s=60)

        # A word on a problem that is over is no new beginning.
        zabbix_api.call("event.acknowledge", {**update, "action": 4, "message": "磁盘已更换"})
        sent = {"filter": {"status": SENT}, "countOutput": True}
        wait_for(lambda: zabbix_api.call("alert.get", sent) == "4", "the word to be posted", timeout_s=60)
        wait_for(lambda: not user.all("/tasks", type="receive_alerts", state="queued"), "it to be taken in")
        wait_for(lambda: not user.all("/tasks", type="receive_alerts", state="running"), "it to be taken in")
        kinds = [event["kind"] for event in user.all(f"{path}/events")]
        over = user.get(path)
        assert (over["status"], kinds) == (2, ["resolved", "acknowledged", "fired"])
        assert over["ended_at"] >= over["started_at"]


def test_zabbixs_test_button_is_told_that_the_test_was_received_and_leaves_nothing(
    stack: Stack, user: User, zabbix_api: ZabbixApi
) -> None:
    monitor = user.add_monitor(zabbix_api.url, "zabbix", username="Admin", password="zabbix")
    token = user.post(f"/monitors/{monitor}/webhook-token", 201)["token"]
    before = user.all("/tasks", type="receive_alerts")
    typed = {"nagare_url": f"http://127.0.0.1:{stack.port}", "nagare_token": token}
    answer = zabbix_api.press_test_button(import_media_type(zabbix_api), typed)
    assert answer["response"] == "success", answer
    assert json.loads(answer["data"])["message"] == "Test received"
    assert user.all("/tasks", type="receive_alerts") == before
    assert user.all("/alerts", monitor_id=monitor) == []

    event = {"event_id": "1", "event_value": "1", "event_nseverity": "{EVENT.NSEVERITY}"}
    answer = zabbix_api.press_test_button(import_media_type(zabbix_api), {**typed, **event})
    assert answer["response"] == "failed"
    assert "HTTP 422" in answer["info"]
    assert "event_nseverity" in answer["info"]
    zabbix_api.call("mediatype.delete", [import_media_type(zabbix_api)])


def test_a_maintenance_in_zabbix_keeps_an_open_alert_quiet_until_it_ends(
    user: User, alerting: Alerting, zabbix_api: ZabbixApi
) -> None:
    monitor = user.add_monitor(zabbix_api.url, "zabbix", username="Admin", password="zabbix")
    alerting.send((9, 1), problems=1)

    def pulled() -> Json:
        assert user.end(user.pull(monitor, "alerts"))["state"] == "succeeded"
        [alert] = user.all("/alerts", q="disk.used", monitor_id=monitor)
        return alert

    alert = pulled()
    assert (alert["suppressed"], alert["silenced_by"]) == (False, None)
    with alerting.maintenance() as name:
        alert = pulled()
        assert (alert["status"], alert["suppressed"]) == (0, True)
        assert (alert["silenced_by"]["kind"], alert["silenced_by"]["comment"]) == ("maintenance", name)
        assert alert["silenced_by"]["until"] is not None
    alert = pulled()
    assert (alert["status"], alert["suppressed"], alert["silenced_by"]) == (0, False, None)
    kinds = [event["kind"] for event in user.all(f"/alerts/{alert['id']}/events")]
    assert kinds == ["returned", "suppressed", "fired"]


def assert_told(alert: Json, alerting: Alerting) -> None:
    """Check what Zabbix says of a problem beyond its name, the same by post and by pull."""
    item = KEYS[0] if alert["message"].startswith(KEYS[0]) else KEYS[1]
    assert (alert["host"], alert["item"]) == (alerting.name, item)
    assert alert["source_severity"] == {2: "High", 1: "Average"}[alert["severity"]]
    assert (alert["description"], alert["value"], alert["comment"]) == ("删除旧日志", "now 9", "")
    assert alert["labels"] == {"team": "支付", "scope": "true"}
    assert alert["annotations"] == {"host_visible_name": HOST, "trigger_url": "https://wiki.example/alerting"}
    assert alert["source_url"] == alerting.page(alert["external_id"])
