"""The Zabbix connector sees a real Zabbix's problems come and go, and acknowledges them there."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from app.connectors.base import MonitorAccess
from app.connectors.zabbix.connector import ZabbixConnector
from app.enums import QuietKind, Severity
from app.errors import SourceRejected
from app.rules.alerts.alert_reports import AlertReport, Quiet
from tests.real.zabbix_fill import FLOAT, TRAPPER_ITEM, Value, ZabbixApi, fresh_name, wait_until

pytestmark = pytest.mark.real

READ_ONLY = 2
PASSWORD = "Kx7-quiet-river"
TAGS = (("team", "支付"), ("component", "load"), ("component", "cpu"), ("scope", ""))


class Machine:
    """A host with one item, and a trigger that fires when its value is over 90."""

    def __init__(self, api: ZabbixApi) -> None:
        self.api = api
        self.frontend = api.url.removesuffix("/api_jsonrpc.php")
        self.name = fresh_name("alerts")
        (self.group_id,) = api.call("hostgroup.create", {"name": "alerts lab"})["groupids"]
        host = {"host": self.name, "name": "负载主机", "groups": [{"groupid": self.group_id}], "status": 1}
        (self.host_id,) = api.call("host.create", host)["hostids"]
        item = {"hostid": self.host_id, "name": "负载", "key_": "load", "type": TRAPPER_ITEM, "value_type": FLOAT}
        (self.item_id,) = api.call("item.create", item)["itemids"]
        trigger = {
            "description": "负载过高 on {HOST.NAME}",
            "expression": f"last(/{self.name}/load)>90",
            "priority": 5,
            "opdata": "now {ITEM.LASTVALUE}",
            "comments": "Restart {HOST.HOST}",
            "url": "https://wiki.example/load",
            "tags": [{"tag": tag, "value": value} for tag, value in TAGS],
        }
        (self.trigger_id,) = api.call("trigger.create", trigger)["triggerids"]
        api.call("host.update", {"hostid": self.host_id, "status": 0})

    def problems(self) -> list[dict[str, Any]]:
        """Return what Zabbix itself says of the trigger's open problems."""
        query = {"objectids": [self.trigger_id], "output": "extend", "selectAcknowledges": "extend"}
        problems: list[dict[str, Any]] = self.api.call("problem.get", query)
        return problems

    def fire(self) -> str:
        """Make a problem and return its event id."""
        for is_last in (False, False, True):
            self.api.send_once([Value(self.name, "load", "95.5")])
            try:
                wait_until(lambda: len(self.problems()) == 1, 10, "a problem")
                break
            except TimeoutError:
                # A server that is learning of the host has the item before the trigger, and judges no value twice.
                if is_last:
                    raise
        return str(self.problems()[0]["eventid"])

    @contextmanager
    def maintenance(self) -> Iterator[tuple[str, datetime]]:
        """Put the host into a maintenance of an hour; yield its id and its end."""
        now = int(time.time()) // 60 * 60
        period = {"timeperiod_type": 0, "start_date": now - 60, "period": 3600}
        span = {"name": self.name, "active_since": now - 60, "active_till": now + 3540, "timeperiods": [period]}
        made = self.api.call("maintenance.create", {**span, "hostids": [self.host_id]})
        try:
            yield made["maintenanceids"][0], datetime.fromtimestamp(now + 3540, UTC)
        finally:
            self.api.call("maintenance.delete", made["maintenanceids"])

    def started_at(self) -> datetime:
        """Return when the problem began by Zabbix's clock."""
        (row,) = self.problems()
        return datetime.fromtimestamp(int(row["clock"]), UTC).replace(microsecond=int(row["ns"]) // 1000)

    def recover(self) -> None:
        """End the problem."""
        self.api.send_once([Value(self.name, "load", "12")])
        wait_until(lambda: not self.problems(), 30, "no problem")


@pytest.fixture
def machine(zabbix_api: ZabbixApi) -> Iterator[Machine]:
    zabbix_api.delete("alerts")
    yield Machine(zabbix_api)
    zabbix_api.delete("alerts")


@pytest.fixture
def open_zabbix(zabbix_api: ZabbixApi) -> Iterator[Callable[..., ZabbixConnector]]:
    """Return a function that opens a conversation as a user, closed when the test ends."""
    opened: list[ZabbixConnector] = []

    def open_one(username: str = "Admin", password: str = "zabbix") -> ZabbixConnector:
        opened.append(ZabbixConnector(MonitorAccess(zabbix_api.url, username, password)))
        return opened[-1]

    yield open_one
    for connector in opened:
        connector.close()


@pytest.fixture
def connector(open_zabbix: Callable[..., ZabbixConnector]) -> ZabbixConnector:
    return open_zabbix()


@pytest.fixture
def onlooker(zabbix_api: ZabbixApi, machine: Machine) -> Iterator[str]:
    """Yield the name of a user who may read the machine's problems and not acknowledge them."""

    def delete() -> None:
        zabbix_api.delete_named("user", "userid", "username", "onlooker")
        zabbix_api.delete_named("usergroup", "usrgrpid", "name", "onlookers")
        zabbix_api.delete_named("role", "roleid", "name", "onlooker")

    delete()
    rules = {"actions": [{"name": "acknowledge_problems", "status": 0}]}
    (role_id,) = zabbix_api.call("role.create", {"name": "onlooker", "type": 1, "rules": rules})["roleids"]
    rights = [{"id": machine.group_id, "permission": READ_ONLY}]
    (group_id,) = zabbix_api.call("usergroup.create", {"name": "onlookers", "rights": rights})["usrgrpids"]
    user = {"username": "onlooker", "passwd": PASSWORD, "roleid": role_id, "usrgrps": [{"usrgrpid": group_id}]}
    zabbix_api.call("user.create", user)
    yield "onlooker"
    delete()


def all_alerts(connector: ZabbixConnector) -> dict[str, AlertReport]:
    return {report.external_id: report for page in connector.alerts() for report in page.records}


def test_a_problem_comes_is_acknowledged_and_goes(connector: ZabbixConnector, machine: Machine) -> None:
    event_id = machine.fire()
    report = all_alerts(connector)[event_id]
    assert report == AlertReport(
        source="zabbix",
        external_id=event_id,
        is_firing=True,
        message="负载过高 on 负载主机",
        severity=Severity.CRITICAL,
        source_severity="Disaster",
        description=f"Restart {machine.name}",
        value="now 95.5",
        labels={"component": "cpu, load", "scope": "true", "team": "支付"},
        annotations={"host_visible_name": "负载主机", "trigger_url": "https://wiki.example/load"},
        started_at=machine.started_at(),
        source_url=f"{machine.frontend}/tr_events.php?triggerid={machine.trigger_id}&eventid={event_id}",
        host_external_id=machine.host_id,
        host_name=machine.name,
        item_external_id=machine.item_id,
        item_name="负载",
    )
    assert (report.raw["problem"]["eventid"], report.raw["trigger"]["triggerid"]) == (event_id, machine.trigger_id)
    assert httpx.get(report.source_url or "", trust_env=False).status_code == 200

    for _ in range(2):
        connector.acknowledge_alert(event_id, "值班人员正在处理 <b>&")
    (problem,) = machine.problems()
    assert problem["acknowledged"] == "1"
    assert [said["message"] for said in problem["acknowledges"]] == ["值班人员正在处理 <b>&"]
    assert all_alerts(connector)[event_id].is_acknowledged

    machine.recover()
    assert event_id not in all_alerts(connector)
    connector.acknowledge_alert(event_id, "too late")
    assert machine.fire() != event_id


def test_a_long_comment_is_cut_to_what_zabbix_takes(connector: ZabbixConnector, machine: Machine) -> None:
    event_id = machine.fire()
    connector.acknowledge_alert(event_id, "长" * 3000)
    (problem,) = machine.problems()
    assert [said["message"] for said in problem["acknowledges"]] == ["长" * 2048]


def test_the_problems_of_a_disabled_host_and_of_a_deleted_trigger_are_left_out(
    connector: ZabbixConnector, zabbix_api: ZabbixApi, machine: Machine
) -> None:
    event_id = machine.fire()
    zabbix_api.call("host.update", {"hostid": machine.host_id, "status": 1})
    assert event_id not in all_alerts(connector)
    zabbix_api.call("host.update", {"hostid": machine.host_id, "status": 0})
    assert event_id in all_alerts(connector)
    zabbix_api.call("trigger.delete", [machine.trigger_id])
    assert event_id not in all_alerts(connector)


def test_who_may_only_look_sees_problems_and_cannot_acknowledge_them(
    open_zabbix: Callable[..., ZabbixConnector], machine: Machine, onlooker: str
) -> None:
    event_id = machine.fire()
    connector = open_zabbix(onlooker, PASSWORD)
    assert [*all_alerts(connector)] == [event_id]
    with pytest.raises(SourceRejected, match="no permissions to acknowledge problems"):
        connector.acknowledge_alert(event_id, "let me")
    assert machine.problems()[0]["acknowledged"] == "0"


def test_a_maintenance_keeps_an_open_problem_quiet_until_it_ends(connector: ZabbixConnector, machine: Machine) -> None:
    event_id = machine.fire()
    assert all_alerts(connector)[event_id].quiet is None
    with machine.maintenance() as (maintenance_id, until):
        # Zabbix looks once a minute for whom a maintenance covers.
        wait_until(lambda: machine.problems()[0]["suppressed"] == "1", 90, "the maintenance to begin")
        expected = Quiet(QuietKind.MAINTENANCE, id=maintenance_id, comment=machine.name, until=until)
        assert all_alerts(connector)[event_id].quiet == expected
        connector.acknowledge_alert(event_id, "planned")
        assert machine.problems()[0]["acknowledged"] == "1"
    wait_until(lambda: machine.problems()[0]["suppressed"] == "0", 90, "the maintenance to end")
    assert all_alerts(connector)[event_id].quiet is None


def test_who_may_not_read_a_maintenance_sees_its_end(
    open_zabbix: Callable[..., ZabbixConnector], machine: Machine, onlooker: str
) -> None:
    event_id = machine.fire()
    with machine.maintenance() as (maintenance_id, until):
        wait_until(lambda: machine.problems()[0]["suppressed"] == "1", 90, "the maintenance to begin")
        quiet = all_alerts(open_zabbix(onlooker, PASSWORD))[event_id].quiet
    assert quiet is not None
    assert (quiet.id, quiet.until) == (maintenance_id, until)


def test_the_tags_of_a_host_are_its_labels(connector: ZabbixConnector, zabbix_api: ZabbixApi, machine: Machine) -> None:
    tags = [{"tag": tag, "value": value} for tag, value in TAGS]
    zabbix_api.call("host.update", {"hostid": machine.host_id, "tags": tags})
    [page] = connector.hosts([machine.host_id])
    assert page.records[0].labels == {"component": "cpu, load", "scope": "true", "team": "支付"}


def test_a_problem_that_never_was_cannot_be_acknowledged(connector: ZabbixConnector) -> None:
    with pytest.raises(SourceRejected, match="no such problem"):
        connector.acknowledge_alert("999999999", "")


def test_the_fleets_problems_are_exactly_zabbixs(connector: ZabbixConnector, zabbix_api: ZabbixApi) -> None:
    hosts = zabbix_api.call("host.get", {"search": {"host": "fleet-"}, "startSearch": True, "output": ["host"]})
    names = {row["hostid"]: row["host"] for row in hosts}
    expected = {
        row["eventid"]: (row["name"], Severity([0, 0, 1, 1, 2, 2][int(row["severity"])]))
        for row in zabbix_api.call("problem.get", {"hostids": [*names], "output": ["name", "severity"]})
    }
    found = {one.external_id: one for one in all_alerts(connector).values() if one.host_external_id in names}
    assert {event_id: (report.message, report.severity) for event_id, report in found.items()} == expected
    assert sorted(int(severity) for _, severity in expected.values()) == [0, 0, 1, 1, 2, 2]
    for report in found.values():
        assert report.host_name == names[report.host_external_id or ""]
        assert report.item_external_id is not None
        item = connector.item(report.host_external_id or "", report.item_external_id)
        assert item is not None
        assert item.key == "metric[0]"
