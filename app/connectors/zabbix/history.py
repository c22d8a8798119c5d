"""Reads the past values of numeric items: each one from the history, hours from the trends, which are kept longer."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from app.connectors.base import PastValue
from app.connectors.zabbix.records import Row, moment, number, rows, text
from app.connectors.zabbix.rpc import ZabbixRpc
from app.errors import SourceGarbled

HISTORIES = {"float": 0, "unsigned": 3}
"""Zabbix's number of the table of each numeric type; other types have neither numbers nor trends."""
VALUES_A_PAGE = 10_000
TREND_SPAN = timedelta(days=90)
"""A page of trends: they have no order and no place to continue at, but one row an hour."""


def values(
    rpc: ZabbixRpc, item_id: str, value_type: str, after: datetime, before: datetime
) -> Iterator[Sequence[PastValue]]:
    """Yield the values of an item between two times in pages of at most 10,000, the oldest first."""
    if value_type not in HISTORIES:
        return
    query = {
        "history": HISTORIES[value_type],
        "itemids": [item_id],
        "output": ["itemid", "clock", "ns", "value"],
        "sortfield": "clock",
        "sortorder": "ASC",
        "limit": VALUES_A_PAGE,
        "time_till": _seconds(before),
    }
    start, seen = _seconds(after), set[tuple[int, int]]()
    while True:
        found = rows(rpc.call("history.get", {**query, "time_from": start}))
        stamped = {(number(row, "clock"), number(row, "ns")): row for row in found}
        yield [_value(row) for stamp, row in sorted(stamped.items(), key=_stamp) if stamp not in seen]
        if len(found) < VALUES_A_PAGE:
            return
        last = max(clock for clock, _ in stamped)
        # Of the last second, there may be more; of a second that fills a page, no more can be read.
        start, seen = (last if last > start else last + 1), {stamp for stamp in stamped if stamp[0] == last}


def trends(
    rpc: ZabbixRpc, item_id: str, value_type: str, after: datetime, before: datetime
) -> Iterator[Sequence[PastValue]]:
    """Yield an item's trends between two times, 90 days a page; each is of one hour and begins with it."""
    if value_type not in HISTORIES:
        return
    output = ["itemid", "clock", "num", "value_min", "value_avg", "value_max"]
    start = after
    while start < before:
        end = min(before, start + TREND_SPAN)
        span = {"time_from": _seconds(start), "time_till": _seconds(end) - 1}
        found = rows(rpc.call("trend.get", {"itemids": [item_id], "output": output, **span}))
        yield sorted(map(_trend, found), key=attrgetter("at"))
        start = end


def _stamp(entry: tuple[tuple[int, int], Any]) -> tuple[int, int]:
    return entry[0]


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _value(row: Row) -> PastValue:
    return PastValue.single(_moment(row, number(row, "ns")), _decimal(row, "value"))


def _trend(row: Row) -> PastValue:
    mean = _decimal(row, "value_avg")
    # A trend does not say which value was the last.
    return PastValue(
        _moment(row), number(row, "num"), _decimal(row, "value_min"), _decimal(row, "value_max"), mean, mean
    )


def _moment(row: Row, nanoseconds: int = 0) -> datetime:
    at = moment(number(row, "clock"), nanoseconds)
    if at is None:
        raise SourceGarbled("Zabbix returned a past value without a time")
    return at


def _decimal(row: Row, field: str) -> float:
    try:
        return float(text(row, field))
    except ValueError:
        raise SourceGarbled(f"Zabbix returned a row whose {field!r} is not a number") from None
