"""Hosts and items that are made in Zabbix, once, whatever gets lost on the way."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from app.connectors.base import HostEdit, ItemEdit, NewHost, NewItem
from app.connectors.zabbix.connector import ZabbixConnector
from app.errors import SourceConflict, SourceGarbled
from tests.unit.connectors.zabbix.fake_zabbix import FakeZabbix

StartZabbix = Callable[..., tuple[FakeZabbix, ZabbixConnector]]

HOST = NewHost(HostEdit("db-9", "数据库 9", "new", enabled=False), "10.1.2.3", ("机房", "新组"))
ITEM = NewItem(ItemEdit("Load", "", enabled=True, interval="30s", units="%"), "system.cpu.load", "float")


@pytest.mark.parametrize("version", ["5.0.46", "6.0.14", "6.4.0", "7.0.3"])
def test_a_host_is_made_in_its_groups_and_reads_back(start_zabbix: StartZabbix, version: str) -> None:
    zabbix, connector = start_zabbix(version)
    host_id = connector.create_host(HOST)
    assert [call["name"] for call in zabbix.sent("hostgroup.create")] == ["新组"]
    (page,) = connector.hosts([host_id])
    (record,) = page.records
    assert (record.name, record.display_name, record.description, record.enabled) == ("db-9", "数据库 9", "new", False)
    assert (record.ip_addr, record.groups) == ("10.1.2.3", ("机房", "新组"))


def test_a_host_that_was_made_already_is_found(start_zabbix: StartZabbix) -> None:
    zabbix, connector = start_zabbix()
    assert connector.create_host(HOST) == connector.create_host(HOST)
    assert zabbix.method_count("host.create") == 1


def test_another_host_of_that_name_is_a_conflict_that_shows_both(start_zabbix: StartZabbix) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_host("10084", host="db-9", name="别的主机")
    with pytest.raises(SourceConflict, match="name is '别的主机' in Zabbix, '数据库 9' in nagare"):
        connector.create_host(HOST)
    assert zabbix.method_count("host.create") == 0


@pytest.mark.parametrize(
    ("address", "interface"),
    [
        ("10.1.2.3", {"useip": "1", "ip": "10.1.2.3", "dns": ""}),
        ("fd00::1", {"useip": "1", "ip": "fd00::1", "dns": ""}),
        ("db.example.org", {"useip": "0", "ip": "", "dns": "db.example.org"}),
    ],
)
def test_an_address_becomes_an_agents_interface(
    start_zabbix: StartZabbix, address: str, interface: dict[str, str]
) -> None:
    zabbix, connector = start_zabbix()
    connector.create_host(replace(HOST, ip_addr=address))
    [made] = zabbix.sent("host.create")
    assert made["interfaces"] == [{"type": "1", "main": "1", "port": "10050", **interface}]


def test_a_host_without_groups_and_address_is_made_in_a_group_of_ours(start_zabbix: StartZabbix) -> None:
    zabbix, connector = start_zabbix()
    connector.create_host(replace(HOST, ip_addr=None, groups=()))
    [made] = zabbix.sent("host.create")
    assert "interfaces" not in made
    assert made["groups"] == [{"groupid": zabbix.groups["nagare"]}]


def test_an_item_is_asked_of_the_agent_and_made_once(start_zabbix: StartZabbix) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_host("10084")
    item_id = connector.create_item("10084", ITEM)
    assert connector.create_item("10084", ITEM) == item_id
    [made] = zabbix.sent("item.create")
    assert (made["type"], made["interfaceid"], made["delay"], made["value_type"]) == ("0", "1", "30s", "0")
    item = connector.item("10084", item_id)
    assert item is not None and (item.key, item.name, item.units) == ("system.cpu.load", "Load", "%")
    with pytest.raises(SourceConflict, match="units is '%' in Zabbix, 'B' in nagare"):
        connector.create_item("10084", replace(ITEM, edit=replace(ITEM.edit, units="B")))


def test_an_item_of_a_host_without_an_agent_waits_for_values(start_zabbix: StartZabbix) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_host("10084", interfaces=[])
    connector.create_item("10084", ITEM)
    [made] = zabbix.sent("item.create")
    assert made["type"] == "2"
    assert "interfaceid" not in made and "delay" not in made


@pytest.mark.parametrize("answer", [True, {"hostids": []}, {"hostids": "1"}])
def test_an_answer_without_the_new_id_is_garbled(start_zabbix: StartZabbix, answer: object) -> None:
    zabbix, connector = start_zabbix()
    zabbix.say["host.create"] = lambda _: answer
    with pytest.raises(SourceGarbled, match="hostids"):
        connector.create_host(HOST)
