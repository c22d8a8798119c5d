"""What Zabbix's rows become, and that rows of a wrong shape become nothing."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from app.connectors.base import ItemRecord
from app.connectors.zabbix.connector import ZabbixConnector
from app.errors import SourceGarbled
from tests.unit.connectors.zabbix.fake_zabbix import FakeZabbix, Row, interface

Serve = Callable[[Callable[[Any], None]], str]
Start = Callable[..., tuple[FakeZabbix, ZabbixConnector]]


def all_items(connector: ZabbixConnector, *host_ids: str) -> list[ItemRecord]:
    return [record for page in connector.items(host_ids) for record in page.records]


@pytest.mark.parametrize(
    ("interfaces", "address"),
    [
        ([], None),
        ([interface("10.1.1.1", main="0"), interface("10.1.1.2")], "10.1.1.2"),
        ([interface("10.1.1.1", kind="2"), interface("10.1.1.2", kind="1")], "10.1.1.2"),
        ([interface("db.example.net", useip="0")], "db.example.net"),
        ([interface("10.1.1.1", main="0")], None),
    ],
)
def test_the_main_interface_gives_the_address(start_zabbix: Start, interfaces: list[Row], address: str | None) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_host("1", interfaces=interfaces)
    assert next(connector.hosts()).records[0].ip_addr == address


def test_a_host_says_whether_it_is_enabled_and_reached(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix("7.0.6")
    zabbix.add_host("1", status="1")
    zabbix.add_host(
        "2", interfaces=[interface("10.0.0.2"), interface("10.0.0.3", "0", available="2", error="拒绝连接")]
    )
    zabbix.add_host("3", interfaces=[interface("10.0.0.2", available="2")])
    records = next(connector.hosts()).records
    assert [(record.enabled, record.error) for record in records] == [
        (False, None),
        (True, "拒绝连接"),
        (True, "Not available"),
    ]


def test_a_host_of_5_0_says_itself_that_it_is_not_reached(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix("5.0.42")
    zabbix.add_host("1", available="2", error="agent down")
    zabbix.add_host("2", snmp_available="2", snmp_error="snmp down")
    zabbix.add_host("3")
    assert [record.error for record in next(connector.hosts()).records] == ["agent down", "snmp down", None]


@pytest.mark.parametrize("version", ["5.0.42", "6.0.14", "7.0.6"])
def test_a_hosts_tags_are_its_labels(start_zabbix: Start, version: str) -> None:
    zabbix, connector = start_zabbix(version)
    tags = [("team", "支付"), ("env", "prod"), ("env", "eu"), ("critical", ""), ("", "nameless")]
    zabbix.add_host("1", tags=[{"tag": name, "value": value} for name, value in tags])
    zabbix.add_host("2", tags=[{"tag": f"{n}", "value": "v" * 3000} for n in range(200)])
    first, second = next(connector.hosts()).records
    assert first.labels == {"critical": "true", "env": "eu, prod", "team": "支付"}
    assert (len(second.labels), {len(value) for value in second.labels.values()}) == (64, {500})


def test_items_come_with_their_values_and_errors(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_host("1")
    zabbix.add_item("11", "1", value_type="4", lastvalue="第一行\n2")
    zabbix.add_item("12", "1", lastclock="0", lastns="0", lastvalue="0", status="1", value_type="3")
    zabbix.add_item("13", "1", state="1", error="Cannot read", value_type="9")
    zabbix.add_item("14", "1", state="1", value_type="5")
    whole, never, failed, silent = all_items(connector, "1")
    assert whole == ItemRecord(
        host_external_id="1",
        external_id="11",
        name="CPU 使用率",
        key="cpu[11]",
        value="第一行\n2",
        value_type="text",
        units="%",
        description="第一行\n2",
        interval="1m",
        value_at=datetime(2026, 11, 24, 1, 53, 51, 779123, UTC),
    )
    assert (never.value, never.value_at, never.enabled, never.value_type) == (None, None, False, "unsigned")
    assert (failed.error, failed.value_type) == ("Cannot read", "")
    assert (silent.error, silent.value_type) == ("Not supported", "binary")
    assert connector.item("1", "11") == whole
    assert connector.item("1", "99") is connector.item("2", "11") is connector.item("x", "y") is None


GOOD_ITEM: Row = {
    **{"itemid": "1", "hostid": "1", "name": "n", "key_": "k", "lastvalue": "1", "lastclock": "1", "lastns": "1"},
    **{"value_type": "0", "units": "", "delay": "1m", "status": "0", "state": "1", "error": "", "description": ""},
}
WRONG_TEXTS: list[Any] = [None, True, 1.5]
WRONG_ITEMS: list[Any] = [
    *(None, 7, "rows", {"1": GOOD_ITEM}, [None], [["row"]], [GOOD_ITEM | {"hostid": "2"}]),
    *([{name: value for name, value in GOOD_ITEM.items() if name != missing}] for missing in GOOD_ITEM),
    *([GOOD_ITEM | {name: wrong}] for name in GOOD_ITEM for wrong in WRONG_TEXTS),
    *([GOOD_ITEM | {"lastclock": wrong}] for wrong in ("soon", "-1", "9" * 19, "9" * 30, "١")),
]


@pytest.mark.parametrize("result", WRONG_ITEMS)
def test_wrong_shapes_of_items_are_garbled(start_zabbix: Start, result: Any) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_host("1", items=1)
    zabbix.say["item.get"] = lambda params: result
    (page,) = connector.items(["1"])
    assert ([*page.records], [type(error) for error in page.unreadable.values()]) == ([], [SourceGarbled])


WRONG_HOSTS: list[Row] = [
    *({name: wrong} for name in ("host", "name", "status", "interfaces", "groups", "tags") for wrong in WRONG_TEXTS),
    {"interfaces": [None]},
    {"interfaces": [{}]},
    {"interfaces": [interface("a") | {"ip": 1.5}]},
    {"interfaces": [interface("a") | {"available": "2", "error": None}]},
    {"groups": ["机房"]},
    {"groups": [{"name": None}]},
    {"tags": ["team"]},
    {"tags": [{"tag": "team"}]},
    {"tags": [{"tag": "team", "value": 1.5}]},
    {"tags": {"team": "pay"}},
]


@pytest.mark.parametrize("fields", WRONG_HOSTS)
def test_wrong_shapes_of_hosts_are_garbled(start_zabbix: Start, fields: Row) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_host("1", **fields)
    with pytest.raises(SourceGarbled):
        list(connector.hosts())
