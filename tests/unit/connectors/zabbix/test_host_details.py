"""What a host says besides its name: interfaces, templates, inventory, maintenance, proxies."""

from collections.abc import Callable
from typing import Any

import pytest

from app.connectors.base import HostRecord
from app.connectors.zabbix.connector import ZabbixConnector
from tests.unit.connectors.zabbix.fake_zabbix import FakeZabbix, interface, invalid, refuse

Start = Callable[..., tuple[FakeZabbix, ZabbixConnector]]


def only_host(connector: ZabbixConnector) -> HostRecord:
    (page,) = connector.hosts()
    (record,) = page.records
    return record


@pytest.mark.parametrize("version", ["5.0.42", "6.0.14", "7.0.6"])
def test_templates_inventory_and_maintenance_are_details(start_zabbix: Start, version: str) -> None:
    zabbix, connector = start_zabbix(version)
    zabbix.maintenances["7"] = "换盘"
    zabbix.add_host(
        "1",
        parentTemplates=[{"name": "Linux"}, {"name": "Apache"}],
        inventory={"hostid": "1", "os": "Debian", "location": "机房 2", "contact": ""},
        maintenance_status="1",
        maintenanceid="7",
        maintenance_from="1795485600",
    )
    details = only_host(connector).details
    assert (details["templates"], details["inventory"]) == (["Apache", "Linux"], {"os": "Debian", "location": "机房 2"})
    assert details["maintenance"] == {
        "id": "7",
        "name": "换盘",
        "since": "2026-11-24T02:00:00+00:00",
        "until": "2026-11-24T03:00:00+00:00",
    }


def test_each_interface_says_whether_it_is_reached(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix("7.0.6")
    snmp = interface("switch.example", "1", "2", "0", port="161", available="2", error="timeout")
    zabbix.add_host("1", interfaces=[snmp, interface("10.0.0.1", port="10050")])
    assert only_host(connector).details == {
        "interfaces": [
            {"type": "agent", "address": "10.0.0.1", "port": "10050", "main": True, "available": True},
            {
                "type": "snmp",
                "address": "switch.example",
                "port": "161",
                "main": True,
                "available": False,
                "error": "timeout",
            },
        ]
    }


def test_an_interface_of_5_0_takes_the_state_from_its_host(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix("5.0.42")
    snmp = {"main": "1", "type": "2", "useip": "1", "ip": "10.0.0.1", "dns": "", "port": "161"}
    zabbix.add_host("1", interfaces=[snmp], snmp_available="2", snmp_error="timeout")
    (told,) = only_host(connector).details["interfaces"]
    assert (told["available"], told["error"]) == (False, "timeout")


def test_a_dead_active_agent_is_a_host_in_error(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix("7.0.6")
    zabbix.add_host("1", active_available="2")
    assert only_host(connector).error == "The active agent is not available"


def test_the_proxy_and_its_group_are_named(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix("7.0.6")
    zabbix.named = {
        "proxy": [{"proxyid": "3", "name": "edge-3"}, {"proxyid": "4", "name": "edge-4"}],
        "proxygroup": [{"proxy_groupid": "9", "name": "edge"}],
    }
    nothing: dict[str, Any] = {"proxyid": "0", "proxy_groupid": "0", "assigned_proxyid": "0"}
    zabbix.add_host("1", **nothing | {"proxyid": "3"})
    zabbix.add_host("2", **nothing | {"proxy_groupid": "9", "assigned_proxyid": "4"})
    zabbix.add_host("3", **nothing | {"proxyid": "5"})
    (page,) = connector.hosts()
    assert [record.details["monitored_by"] for record in page.records] == [
        {"proxy": "edge-3"},
        {"proxy": "edge-4", "proxy_group": "edge"},
        {"proxy": "id 5"},
    ]
    assert len(zabbix.sent("proxy.get")) == len(zabbix.sent("proxygroup.get")) == 1


def test_a_proxy_that_the_role_hides_is_told_by_its_id(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    zabbix.say["proxy.get"] = refuse(invalid("No permissions to call proxy.get."))
    zabbix.add_host("1", proxy_hostid="3")
    assert only_host(connector).details["monitored_by"] == {"proxy": "id 3"}


def test_a_host_without_an_address_is_made_in_5_0_and_reads_back_without_one(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix("5.0.42")
    zabbix.add_host("1", interfaces=[interface("0.0.0.0", port="10050")])
    record = only_host(connector)
    assert (record.ip_addr, record.details["interfaces"]) == (
        None,
        [{"type": "agent", "port": "10050", "main": True, "available": True}],
    )
