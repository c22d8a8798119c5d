"""What items' values were."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from app.errors import Invalid
from app.store.database.pages import PageRequest
from app.store.inventory import item_values
from tests.store.rows import NOW, add_host, add_items, add_monitor

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def item_ids(connection: Connection) -> list[int]:
    monitor_id = add_monitor(connection)
    return add_items(connection, monitor_id, add_host(connection, monitor_id), "a", "b")


def values(connection: Connection, item_id: int) -> list[float]:
    page = item_values.fetch(connection, PageRequest(limit=500), item_id, NOW - 48 * HOUR, NOW + HOUR)
    return [row["value"] for row in page.items]


def test_a_value_is_kept_once(connection: Connection, item_ids: list[int]) -> None:
    rows = [(item_id, NOW, float(item_id)) for item_id in item_ids]
    item_values.add(connection, rows)
    item_values.add(connection, [*rows, (item_ids[0], NOW - 2 * HOUR, 1e300)])
    item_values.add(connection, [])
    assert values(connection, item_ids[0]) == [1e300, float(item_ids[0])]
    assert values(connection, item_ids[1]) == [float(item_ids[1])]


def test_pages_go_from_the_oldest_to_the_newest(connection: Connection, item_ids: list[int]) -> None:
    rows = [(item_ids[0], NOW - number * MINUTE, float(number)) for number in range(150)]
    item_values.add(connection, rows)
    seen: list[float] = []
    request = PageRequest(limit=40)
    while True:
        page = item_values.fetch(connection, request, item_ids[0], NOW - 130 * MINUTE, NOW)
        seen += [row["value"] for row in page.items]
        if page.next_cursor is None:
            break
        request = PageRequest(limit=40, cursor=page.next_cursor)
    assert seen == [float(number) for number in range(129, 0, -1)]
    with pytest.raises(Invalid):
        item_values.fetch(connection, PageRequest(cursor="x"), item_ids[0], NOW - HOUR, NOW)
    assert item_values.fetch(connection, PageRequest(), item_ids[0], NOW, NOW - 3 * HOUR).items == []


def test_moments_are_kept_to_the_millisecond(connection: Connection, item_ids: list[int]) -> None:
    at = NOW + timedelta(microseconds=123_999)
    item_values.add(connection, [(item_ids[0], at, 0.0)])
    [row] = item_values.fetch(connection, PageRequest(), item_ids[0], NOW, NOW + MINUTE).items
    assert row["at"] == NOW + timedelta(milliseconds=123)


def test_the_values_of_many_items_are_summed_up_in_steps(connection: Connection, item_ids: list[int]) -> None:
    first, second = item_ids
    moments = [NOW - 70 * MINUTE, NOW - 60 * MINUTE, NOW - 59 * MINUTE, NOW - 57 * MINUTE, NOW - 2 * MINUTE]
    values = [9.0, -1e308, 1e308, 2.5, 4.0]
    rows = [(first, at, value) for at, value in zip(moments, values, strict=True)]
    item_values.add(connection, [*rows, (second, NOW - 5 * MINUTE, 0.0)])
    found = item_values.summarize(connection, [first, second, 999], NOW - 65 * MINUTE, NOW, 5 * MINUTE)
    assert [tuple(row[name] for name in ("item_id", "at", "lowest", "highest", "count")) for row in found] == [
        (first, NOW - 57 * MINUTE, -1e308, 1e308, 3),
        (first, NOW - 2 * MINUTE, 4.0, 4.0, 1),
        (second, NOW - 5 * MINUTE, 0.0, 0.0, 1),
    ]
    assert item_values.summarize(connection, [second], NOW - 65 * MINUTE, NOW - 6 * MINUTE, 5 * MINUTE) == []
    assert item_values.summarize(connection, [], NOW - 65 * MINUTE, NOW, 5 * MINUTE) == []


def test_old_values_are_deleted_some_at_a_time(connection: Connection, item_ids: list[int]) -> None:
    rows = [(item_id, NOW - hours * HOUR, float(hours)) for item_id in item_ids for hours in range(1, 25)]
    item_values.add(connection, rows)
    assert [item_values.prune(connection, NOW - 5 * HOUR, limit=30) for _ in range(3)] == [30, 8, 0]
    assert [values(connection, item_id) for item_id in item_ids] == [[5.0, 4.0, 3.0, 2.0, 1.0]] * 2


def test_the_values_of_a_monitor_are_forgotten(connection: Connection, item_ids: list[int]) -> None:
    other = add_monitor(connection, "other")
    [kept] = add_items(connection, other, add_host(connection, other), "a")
    item_values.add(connection, [(each, NOW, 1.0) for each in (*item_ids, kept)])
    item_values.forget(connection, other - 1)
    assert [len(values(connection, each)) for each in (*item_ids, kept)] == [0, 0, 1]
