"""Hourly summaries of items' values."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from app.models.item_values import HOURS_A_DAY, hour_of
from app.store.database.pages import PageRequest
from app.store.inventory import item_values, value_summaries
from app.store.inventory.value_summaries import Summary
from tests.store.rows import NOW, add_host, add_items, add_monitor

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
NOON = hour_of(NOW)


@pytest.fixture
def three_items(connection: Connection) -> list[int]:
    monitor_id = add_monitor(connection)
    return add_items(connection, monitor_id, add_host(connection, monitor_id), "a", "b", "c")


def summary(item_id: int, hour: int, count: int = 1, value: float = 1.0) -> Summary:
    return Summary(item_id, hour, count, value, value, value * count, value)


def stored_of(connection: Connection, item_id: int, **times: Any) -> list[tuple[float, ...]]:
    span = {"after": NOW - 100 * HOUR, "before": NOW + 2 * HOUR, "oldest": NOW} | times
    rows = value_summaries.fetch_all(connection, item_id, **span)
    return [tuple(row[name] for name in ("hour", "count", "lowest", "highest", "total", "last")) for row in rows]


def test_an_hour_is_summed_up_some_items_at_a_time(connection: Connection, three_items: list[int]) -> None:
    first, second, third = three_items
    unknown = third + 1_000_000
    ago = NOW - 5 * HOUR
    item_values.add(connection, [(first, ago + n * MINUTE, value) for n, value in enumerate((2.0, -1.0, 5.0, 4.0))])
    item_values.add(
        connection, [(second, ago, 7.0), (third, ago, 1.0), (third, ago + HOUR, 100.0), (unknown, ago, 1.0)]
    )
    assert item_values.oldest_hour(connection) == NOON - 5
    last, steps = 0, []
    while (found := value_summaries.sum_up(connection, NOON - 5, last, 2)) is not None:
        steps.append(last := found)
    assert steps == [second, unknown]
    assert stored_of(connection, first) == [(NOON - 5, 4, -1.0, 5.0, 10.0, 4.0)]
    assert stored_of(connection, second) == [(NOON - 5, 1, 7.0, 7.0, 7.0, 7.0)]
    assert stored_of(connection, third) == [(NOON - 5, 1, 1.0, 1.0, 1.0, 1.0)]
    assert stored_of(connection, unknown) == [], "an item that does not exist"


def test_a_total_does_not_overflow(connection: Connection, three_items: list[int]) -> None:
    item_values.add(connection, [(three_items[0], NOW - n * MINUTE, 1.7e308) for n in (301, 302, 1, 2)])
    value_summaries.sum_up(connection, NOON - 6, 0, 10)
    assert [row[1:] for row in stored_of(connection, three_items[0])] == [(2, 1.7e308, 1.7e308, 2e290, 1.7e308)] * 2


def test_of_two_summaries_the_one_of_more_values_stays(connection: Connection, three_items: list[int]) -> None:
    item_id = three_items[0]
    for count in (3, 5, 4):
        value_summaries.add(connection, [summary(item_id, NOON - 9, count)])
    item_values.add(connection, [(item_id, NOW - 9 * HOUR, 1.0)])
    value_summaries.sum_up(connection, NOON - 9, 0, 10)
    assert [row[1] for row in stored_of(connection, item_id, oldest=NOW + 9 * HOUR)] == [5]


def test_hours_of_values_follow_those_that_are_summed_up(connection: Connection, three_items: list[int]) -> None:
    item_id, other, _ = three_items
    value_summaries.add(connection, [summary(item_id, NOON - hours, 9) for hours in (50, 4, 1)])
    value_summaries.add(connection, [summary(other, NOON - 3)])
    item_values.add(connection, [(item_id, NOW - hours * HOUR + MINUTE, 2.0) for hours in (3, 1, 0)])
    found = [(row[0] - NOON, row[1]) for row in stored_of(connection, item_id, oldest=NOW - 2 * HOUR)]
    assert found == [(-50, 9), (-4, 9), (-3, 1), (-1, 1), (0, 1)]
    narrow = {"after": NOW - 4 * HOUR, "before": NOW, "oldest": NOW - 2 * HOUR}
    assert [row[0] - NOON for row in stored_of(connection, item_id, **narrow)] == [-3, -1]
    cursor, hours = None, []
    while True:
        request = PageRequest(limit=2, cursor=cursor)
        page = value_summaries.fetch(connection, request, item_id, NOW - 99 * HOUR, NOW + HOUR, NOW - 2 * HOUR)
        hours += [row["hour"] - NOON for row in page.items]
        if (cursor := page.next_cursor) is None:
            break
    assert hours == [-50, -4, -3, -1, 0]


def test_old_summaries_and_those_of_deleted_items_are_deleted(connection: Connection, three_items: list[int]) -> None:
    rows = [summary(three_items[0], NOON - hours) for hours in (0, 24, 48, 49)]
    value_summaries.add(connection, [*rows, summary(1_000_998, NOON), summary(1_000_999, NOON)])
    assert [value_summaries.prune(connection, NOW - 24 * HOUR, limit=1) for _ in range(3)] == [1, 1, 0]
    assert [row[0] - NOON for row in stored_of(connection, three_items[0])] == [-24, 0]
    day = NOON // HOURS_A_DAY
    assert sorted(value_summaries.orphans(connection, day, 10)) == [1_000_998, 1_000_999]
    value_summaries.forget(connection, day, [1_000_998, 1_000_999])
    assert value_summaries.orphans(connection, day, 10) == []
    assert len(stored_of(connection, three_items[0])) == 2
