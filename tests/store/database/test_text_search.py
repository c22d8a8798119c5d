"""Searches by the index, beside it and without it: they find the same."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection

from app import clock
from app.models import Item
from app.store.alerts import alerts
from app.store.database import search, text_index
from app.store.database.dialects import table_of
from app.store.database.pages import Page, PageRequest
from app.store.inventory import items, monitors, pulled_items
from app.store.selection.alert_lists import AlertPage
from tests.store.rows import LATER, NOW, add_host, add_items, add_monitor, item_row, list_alerts

NAMES = (
    "磁盘空间 on /data",
    "磁盘",
    "空",
    "CPU utilization",
    "cpu",
    "100% busy_waiting",
    'say "hello" \\ it\'s',
    "emoji 🐉🐲🐉 dragon",
    "a" * 40 + "b" + "c" * 40,
    "(a)-(b)-(c)",
    "---",
    "",
)
TEXTS = (
    *("磁", "磁盘", "磁盘空", "磁盘空间", "盘空间 on", "CPU", "cpu UTIL", "UTILIZATIONS", "0%", "0% b", "y_w", "y-w"),
    *('y "h', "\\ it", "it's", "🐉🐲🐉", "🐲🐲🐲", "a" * 40 + "b" + "c" * 40, "aaaaaaab" + "c" * 41, "-(b)-", "---"),
    *("item", "ITEM 3", "[1", "key[1", "nowhere", "%", "%%%", "__", "\n", "space\nkey"),
)
Search = Callable[[Connection, PageRequest, str], Page | AlertPage]


def items_with(connection: Connection, page: PageRequest, q: str) -> Page:
    return items.fetch(connection, page, q=q)


def alerts_with(connection: Connection, page: PageRequest, q: str) -> AlertPage:
    return list_alerts(connection, page, q=q)


def found(connection: Connection, ask: Search, q: str) -> list[int]:
    """Walk through all pages."""
    ids: list[int] = []
    page = PageRequest(limit=2)
    while True:
        answer = ask(connection, page, q)
        ids += [row["id"] for row in answer.items]
        if answer.next_cursor is None:
            return ids
        page = PageRequest(limit=2, cursor=answer.next_cursor)


def refresh_all(connection: Connection) -> None:
    while text_index.refresh(connection, 5):
        pass


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a dozen rows be many, for which there is time."""
    monkeypatch.setattr(search, "LONGEST_S", 60)
    monkeypatch.setattr(search, "READ_BATCH_SIZE", 3)
    monkeypatch.setattr(search, "FOUND_BATCH_SIZE", 2)


@pytest.fixture
def monitor_id(connection: Connection) -> int:
    return add_monitor(connection)


@pytest.fixture
def host_id(connection: Connection, monitor_id: int) -> int:
    return add_host(connection, monitor_id)


@pytest.fixture
def item_ids(connection: Connection, monitor_id: int, host_id: int) -> dict[str, int]:
    """Return the ids of items with these names."""
    rows = {(host_id, f"{at:02}"): item_row(f"{at:02}", name=name) for at, name in enumerate(NAMES)}
    pulled_items.upsert(connection, monitor_id, rows, NOW)
    return {row["name"]: row["id"] for row in items.fetch(connection, PageRequest()).items}


@pytest.fixture
def alert_ids(connection: Connection, monitor_id: int) -> list[int]:
    """Return the ids of alerts with these names, in message or comment."""
    return [_add_alert(connection, monitor_id, at, name) for at, name in enumerate(NAMES)]


def _add_alert(connection: Connection, monitor_id: int, number: int, text: str) -> int:
    row = {
        "source": "test",
        "external_id": str(number),
        "message": text if number % 2 else "nothing",
        "comment": "" if number % 2 else text,
        "severity": 1,
        "status": 0,
        "monitor_id": monitor_id,
        "first_seen_at": NOW,
        "last_seen_at": NOW,
    }
    [alert_id] = alerts.add_new(connection, [row])
    return alert_id


@pytest.mark.usefixtures("small_steps", "item_ids", "alert_ids")
@pytest.mark.parametrize("ask", [items_with, alerts_with])
@pytest.mark.parametrize("known", ["none", "some", "all"])
def test_the_index_finds_what_reading_finds(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, ask: Search, known: str
) -> None:
    if known == "all":
        refresh_all(connection)
    elif known == "some":
        text_index.refresh(connection, 15)
    by_index = {q: found(connection, ask, q) for q in TEXTS}
    monkeypatch.setattr(search, "READ_BATCH_SIZE", 1000)
    assert by_index == {q: found(connection, ask, q) for q in TEXTS}
    assert by_index["nowhere"] == []
    assert len(by_index["磁盘空间"]) == len(by_index["UTILIZATIONS"]) + 1 == 1


@pytest.mark.usefixtures("small_steps")
@pytest.mark.parametrize("is_refreshed", [False, True])
def test_a_search_sees_each_change_at_once(
    connection: Connection, item_ids: dict[str, int], is_refreshed: bool
) -> None:
    changed = item_ids["---"]
    refresh_all(connection)
    items.edit(connection, changed, {"name": "交换分区 swap"})
    if is_refreshed:
        refresh_all(connection)
    assert found(connection, items_with, "交换分区") == [changed]
    assert found(connection, items_with, "---") == []


@pytest.mark.usefixtures("small_steps", "item_ids", "alert_ids")
@pytest.mark.parametrize("is_refreshed", [False, True])
def test_what_is_deleted_is_found_no_more(connection: Connection, monitor_id: int, is_refreshed: bool) -> None:
    refresh_all(connection)
    assert monitors.remove(connection, monitor_id)
    if is_refreshed:
        refresh_all(connection)
    assert found(connection, items_with, "磁盘空间") == found(connection, alerts_with, "磁盘空间") == []


@pytest.mark.usefixtures("item_ids")
def test_a_pull_that_changes_only_values_leaves_the_index_alone(
    connection: Connection, monitor_id: int, host_id: int
) -> None:
    refresh_all(connection)
    rows = {(host_id, f"{at:02}"): item_row(f"{at:02}", name=name, value="2") for at, name in enumerate(NAMES)}
    assert pulled_items.upsert(connection, monitor_id, rows, LATER).updated == len(NAMES)
    assert text_index.refresh(connection, 1) == 0


@pytest.mark.usefixtures("small_steps")
def test_a_search_that_takes_too_long_gives_a_short_page_and_goes_on(
    connection: Connection, item_ids: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    passed: list[float] = []

    def monotonic() -> float:
        passed.append(search.LONGEST_S * len(passed))
        return passed[-1]

    monkeypatch.setattr(clock, "monotonic", monotonic)
    page = items.fetch(connection, PageRequest(), q="--")
    assert page.items == [] and page.next_cursor is not None
    assert found(connection, items_with, "--") == [item_ids["---"]]


def test_with_too_much_that_waits_rows_are_read(
    connection: Connection, item_ids: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = table_of(Item)
    assert text_index.look_up(connection, table, "磁盘空间") is not None
    monkeypatch.setattr(text_index, "WAITING_AT_MOST", len(item_ids) - 1)
    assert text_index.look_up(connection, table, "磁盘空间") is None


@pytest.mark.usefixtures("small_steps")
def test_filters_hold_for_what_is_found(connection: Connection, monitor_id: int, host_id: int) -> None:
    other = add_host(connection, monitor_id, "2")
    for each in (host_id, other):
        add_items(connection, monitor_id, each, *map(str, range(10)))
    refresh_all(connection)
    wanted: dict[str, Any] = {"q": "ITEM 7", "host_id": other, "monitor_id": monitor_id, "status": 1}
    [item] = items.fetch(connection, PageRequest(), **wanted).items
    assert (item["host_id"], item["name"]) == (other, "item 7")
