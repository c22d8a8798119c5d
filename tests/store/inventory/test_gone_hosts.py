"""Archiving and deleting hosts that are gone, with what refers to them."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, insert, select

from app.models import Alert, MaintenanceWindow
from app.store.alerts import maintenance
from app.store.database.pages import PageRequest
from app.store.inventory import gone_hosts, hosts, items
from app.store.inventory.gone_hosts import of_host
from tests.store.rows import NOW, add_host, add_items, add_monitor, host_row

DAY = timedelta(days=1)
ALL = PageRequest(limit=100)


@pytest.fixture
def gone(connection: Connection) -> list[int]:
    """Return the ids of three hosts with an item each, the first two of which are gone."""
    monitor_id = add_monitor(connection)
    ids = [add_host(connection, monitor_id, name) for name in ("a", "b", "c")]
    for host_id in ids:
        add_items(connection, monitor_id, host_id, "cpu")
    for days, host_id in zip((2, 1), ids, strict=False):
        hosts.mark_gone(connection, [host_id], NOW - days * DAY)
    return ids


def listed(connection: Connection, *, archived: bool) -> list[int]:
    return [row["id"] for row in hosts.fetch(connection, ALL, archived=archived).items]


def test_those_that_are_gone_for_longest_are_archived_first(connection: Connection, gone: list[int]) -> None:
    first, second, third = gone
    assert [gone_hosts.archive(connection, NOW - DAY / 2, NOW, 1) for _ in range(3)] == [1, 1, 0]
    assert (listed(connection, archived=False), listed(connection, archived=True)) == ([third], [first, second])
    assert [row["host_id"] for row in items.fetch(connection, ALL).items] == [third]
    monitor_id = hosts.fetch(connection, ALL).items[0]["monitor_id"]
    hosts.upsert(connection, monitor_id, [host_row("b")], NOW)
    assert listed(connection, archived=False) == [second, third]


def test_one_in_use_is_not_taken_and_the_other_leaves_its_name(connection: Connection, gone: list[int]) -> None:
    first, second, third = gone
    monitor_id = hosts.fetch(connection, ALL).items[0]["monitor_id"]
    item_id = items.fetch(connection, ALL, host_id=first).items[0]["id"]
    gone_hosts.archive(connection, NOW, NOW, 10)
    alert = {"source": "t", "message": "", "severity": 2, "suppressed": False, "monitor_id": monitor_id, "comment": ""}
    times = {"first_seen_at": NOW, "last_seen_at": NOW}
    for number, (host_id, status) in enumerate(((first, 2), (second, 0), (third, 0))):
        linked = {"host_id": host_id, "item_id": item_id if host_id == first else None}
        connection.execute(insert(Alert), alert | times | linked | {"external_id": str(number), "status": status})
    window = {"name": "w", "comment": "", "host_id": first, "created_by": "x", "created_at": NOW, "is_applied": False}
    others = {"monitor_id": None, "group_name": None, "match": '{a="b"}', "starts_at": NOW - DAY, "ends_at": NOW}
    window_id = maintenance.add(connection, window | others)
    assert gone_hosts.lock_prunable(connection, NOW + DAY, NOW - DAY / 2, 10) == [], "its window has not ended"
    assert gone_hosts.planned_window(connection, first, NOW - DAY / 2) == window_id
    assert gone_hosts.lock_prunable(connection, NOW + DAY, NOW, 10) == [first]
    gone_hosts.release(connection, [first])
    assert [gone_hosts.remove_items(connection, [first], 1) for _ in range(2)] == [1, 0]
    gone_hosts.remove(connection, [first])
    assert hosts.find(connection, first) is None
    columns = (Alert.host_id, Alert.item_id, Alert.host, Alert.item)
    rows = [tuple(row) for row in connection.execute(select(*columns).order_by(Alert.id))]
    assert rows == [(None, None, "host a", "item cpu"), (second, None, "", ""), (third, None, "", "")]
    scope = (MaintenanceWindow.host_id, MaintenanceWindow.monitor_id, MaintenanceWindow.match)
    found = tuple(connection.execute(select(*scope)).one())
    assert found == (None, monitor_id, '{a="b", alert.host="host a"}')


@pytest.mark.parametrize(
    ("match", "both"),
    [
        (None, '{alert.host="a\\"b"}'),
        ('{team="pay",}', '{team="pay", alert.host="a\\"b"}'),
        ('team="pay"', '{team="pay", alert.host="a\\"b"}'),
    ],
)
def test_matchers_of_a_host_are_added_to_others(match: str | None, both: str) -> None:
    assert of_host(match, 'a"b') == both
