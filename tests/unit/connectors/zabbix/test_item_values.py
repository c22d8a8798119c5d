"""Names with macros, mapped values, and values that are too large to be read."""

from collections.abc import Callable
from typing import Any

import pytest

from app.connectors.base import ItemEdit
from app.connectors.zabbix.connector import ZabbixConnector
from app.connectors.zabbix.value_maps import Mapping, value_text
from app.errors import SourceFailing, SourceGarbled
from tests.unit.connectors.zabbix.fake_zabbix import FakeZabbix, Refusal, Row, invalid, refuse

Start = Callable[..., tuple[FakeZabbix, ZabbixConnector]]
BROKEN = Refusal(1, "Error connecting to database", "")


def test_a_name_has_its_macros_resolved_and_an_unedited_one_is_not_written_back(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix("7.0.6")
    zabbix.add_host("1")
    zabbix.add_item("11", "1", name="Website {$DOMAIN}", name_resolved="Website example.org")
    record = connector.item("1", "11")
    assert record is not None
    assert (record.name, record.raw_name) == ("Website example.org", "Website {$DOMAIN}")
    edit = ItemEdit(record.name, record.description, True, "5m", record.units)
    connector.update_item("11", edit)
    assert zabbix.sent("item.update") == [{"itemid": "11", "delay": "5m"}]
    connector.update_item("11", ItemEdit("Shop {$DOMAIN}", record.description, True, "5m", record.units))
    assert zabbix.sent("item.update")[1:] == [{"itemid": "11", "name": "Shop {$DOMAIN}"}]


def test_binary_values_are_never_requested(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix("7.0.6")
    zabbix.add_host("1", items=2)
    zabbix.add_host("2")
    zabbix.add_item("21", "2", value_type="5", name="screenshot", lastvalue="A" * 1000)
    (page,) = connector.items(["1", "2"])
    assert [(item.external_id, item.value, item.value_type) for item in page.records] == [
        ("1000", "40.5", "float"),
        ("1001", "40.5", "float"),
        ("21", None, "binary"),
    ]
    assert connector.item("2", "21") == page.records[2]
    for sent in zabbix.sent("item.get"):
        assert "lastvalue" not in sent["output"] or "5" not in sent.get("filter", {"value_type": []})["value_type"]


def test_a_host_that_cannot_be_read_is_named_and_the_others_are_read(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    for host in ("1", "2", "3"):
        zabbix.add_host(host, items=1)
    zabbix.items["2000"]["units"] = "u" * 70_000
    (page,) = connector.items(["1", "2", "3"])
    assert [item.host_external_id for item in page.records] == ["1", "3"]
    assert [(host, type(error)) for host, error in page.unreadable.items()] == [("2", SourceGarbled)]


def test_a_host_with_too_much_text_is_read_without_it(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_host("1", items=1)
    zabbix.add_item("12", "1", value_type="4")

    def answer(params: Row) -> Any:
        reads_texts = "lastvalue" in params["output"] and "4" in params.get("filter", {}).get("value_type", ["4"])
        return "too much" if reads_texts else zabbix.item_get(params)

    zabbix.say["item.get"] = answer
    (page,) = connector.items(["1"])
    assert [(item.value, item.value_type) for item in page.records] == [("40.5", "float"), (None, "text")]
    assert not page.unreadable


def test_a_zabbix_that_fails_is_not_asked_for_each_host(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    hosts = [str(n) for n in range(1, 26)]
    for host in hosts:
        zabbix.add_host(host)
    zabbix.say["item.get"] = refuse(BROKEN)
    with pytest.raises(SourceFailing):
        list(connector.items(hosts))
    assert len(zabbix.sent("item.get")) < 10


@pytest.mark.parametrize("version", ["5.0.42", "6.0.14", "7.0.6"])
def test_a_mapped_value_has_the_text_of_its_value_map(start_zabbix: Start, version: str) -> None:
    zabbix, connector = start_zabbix(version)
    zabbix.add_host("1")
    zabbix.value_maps["7"] = {"valuemapid": "7", "mappings": [{"value": "0", "newvalue": "Down"}]}
    zabbix.add_item("11", "1", value_type="3", lastvalue="0", valuemapid="7")
    zabbix.add_item("12", "1", value_type="3", lastvalue="1", valuemapid="7")
    zabbix.add_item("13", "1", value_type="3", lastvalue="0", valuemapid="8")
    (page,) = connector.items(["1"])
    assert [(item.value, item.value_text) for item in page.records] == [("0", "Down (0)"), ("1", None), ("0", None)]
    connector.item("1", "11")
    assert len(zabbix.sent("valuemap.get")) == 1


def test_value_maps_that_the_role_hides_are_asked_for_once(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_host("1")
    zabbix.add_item("11", "1", valuemapid="7")
    zabbix.say["valuemap.get"] = refuse(invalid("No permissions"))
    for _ in range(2):
        record = connector.item("1", "11")
        assert record is not None
        assert record.value_text is None
    assert len(zabbix.sent("valuemap.get")) == 1


LINES = [
    Mapping("0", "1", "one"),
    Mapping("3", "2-4, 8,-3--1", "few"),
    Mapping("1", "100", "many"),
    Mapping("2", "-100", "debt"),
    Mapping("5", "", "other"),
    Mapping("4", "^err", "error"),
]


@pytest.mark.parametrize(
    ("value", "value_type", "shown"),
    [
        ("1.0", "float", "one (1.0)"),
        ("3", "unsigned", "few (3)"),
        ("-2", "float", "few (-2)"),
        ("8", "unsigned", "few (8)"),
        ("250", "unsigned", "many (250)"),
        ("-101", "float", "debt (-101)"),
        ("50", "unsigned", "other (50)"),
        ("error 7", "char", "error (error 7)"),
        ("1", "char", "one (1)"),
        ("1", "text", None),
    ],
)
def test_a_value_map_has_several_kinds_of_lines(value: str, value_type: str, shown: str | None) -> None:
    assert value_text(LINES, value, value_type) == shown


def test_a_pattern_that_cannot_be_read_applies_to_nothing() -> None:
    assert value_text([Mapping("4", "(?<=a)b", "x"), Mapping("4", "(", "y")], "ab", "char") is None
