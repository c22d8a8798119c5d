"""The past values of Zabbix's items, from history and trends."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.connectors.base import PastValue
from app.connectors.zabbix import history
from app.connectors.zabbix.connector import ZabbixConnector
from app.errors import SourceGarbled
from tests.unit.connectors.zabbix.fake_zabbix import FakeZabbix, Row

Start = Callable[..., tuple[FakeZabbix, ZabbixConnector]]
NOON = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
CLOCK = int(NOON.timestamp())


def read(
    connector: ZabbixConnector, value_type: str = "float", hours: int = 1, *, by_hour: bool = False
) -> list[PastValue]:
    pages = connector.history("1", "10", value_type, NOON - timedelta(hours=hours), NOON, by_hour=by_hour)
    return [value for page in pages for value in page]


def stored(values: list[tuple[int, int, str]]) -> Callable[[Row], list[Row]]:
    """Answer history.get as Zabbix does."""

    def answer(params: Row) -> list[Row]:
        assert (params["itemids"], params["sortfield"], params["sortorder"]) == (["10"], "clock", "ASC")
        wanted = [row for row in values if params["time_from"] <= row[0] <= params["time_till"]]
        return [
            {"itemid": "10", "clock": str(clock), "ns": str(ns), "value": value}
            for clock, ns, value in sorted(wanted)[: params["limit"]]
        ]

    return answer


def test_values_are_read_page_by_page_and_each_once(start_zabbix: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "VALUES_A_PAGE", 3)
    zabbix, connector = start_zabbix()
    rows = [(CLOCK - 60 + second, ns, f"{second}.{ns}") for second in range(6) for ns in (0, 500_000_000)]
    zabbix.say["history.get"] = stored([(CLOCK - 7200, 0, "1"), *rows, (CLOCK + 1, 0, "1")])
    assert read(connector) == [
        PastValue.single(NOON + timedelta(seconds=clock - CLOCK, microseconds=ns / 1000), float(value))
        for clock, ns, value in rows
    ]


def test_a_second_that_fills_a_page_does_not_stop_the_rest(
    start_zabbix: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "VALUES_A_PAGE", 2)
    zabbix, connector = start_zabbix()
    zabbix.say["history.get"] = stored([*((CLOCK - 9, ns, "1") for ns in range(5)), (CLOCK - 8, 0, "2")])
    assert [value.last for value in read(connector)] == [1.0, 1.0, 2.0]


@pytest.mark.parametrize(("value_type", "table"), [("float", 0), ("unsigned", 3)])
def test_each_numeric_type_has_a_table_of_its_own(start_zabbix: Start, value_type: str, table: int) -> None:
    zabbix, connector = start_zabbix()
    zabbix.say["history.get"] = lambda params: []
    assert read(connector, value_type) == []
    assert [call["params"]["history"] for call in zabbix.calls if call["method"] == "history.get"] == [table]


def test_texts_and_what_is_no_id_have_no_past(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    for by_hour in (False, True):
        assert read(connector, "text", by_hour=by_hour) == []
        assert [*connector.history("1", "x", "float", NOON - timedelta(hours=1), NOON, by_hour=by_hour)] == []
    assert zabbix.calls == []


def test_hours_come_from_the_trends_in_spans(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    spans: list[tuple[int, int]] = []

    def answer(params: Row) -> list[Row]:
        spans.append((params["time_from"], params["time_till"]))
        numbers = {"num": "60", "value_min": "1", "value_avg": "2.5", "value_max": "4"}
        return [{"itemid": "10", "clock": str(CLOCK - hours * 3600), **numbers} for hours in (1, 2)][: 3 - len(spans)]

    zabbix.say["trend.get"] = answer
    found = read(connector, hours=24 * 100, by_hour=True)
    assert found[:2] == [PastValue(NOON - timedelta(hours=hours), 60, 1.0, 4.0, 2.5, 2.5) for hours in (2, 1)]
    assert (spans[0][0], spans[-1][1], len(spans)) == (CLOCK - 2400 * 3600, CLOCK - 1, 2)
    assert spans[1][0] == spans[0][1] + 1


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"clock": "1", "ns": "0"},
        {"clock": "1", "ns": "0", "value": "x"},
        {"clock": "0", "ns": "0", "value": "1"},
        {"clock": "-1", "ns": "0", "value": "1"},
        {"clock": str(10**18), "ns": "0", "value": "1"},
        {"clock": "1", "ns": None, "value": "1"},
    ],
)
def test_what_is_no_past_is_garbled(start_zabbix: Start, row: dict[str, Any]) -> None:
    zabbix, connector = start_zabbix()
    zabbix.say["history.get"] = zabbix.say["trend.get"] = lambda params: [row]
    for by_hour in (False, True):
        with pytest.raises(SourceGarbled):
            read(connector, by_hour=by_hour)
