"""Hosts and items: pulled, edited, gone and back."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from app.errors import Invalid
from app.models import Host
from app.store.database.pages import PageRequest
from app.store.inventory import hosts, items, pulled_items
from app.store.inventory.upsert import Upserted
from tests.store.rows import LATER, NOW, add_host, add_items, add_monitor, host_row, item_row


@pytest.fixture
def monitor_id(connection: Connection) -> int:
    return add_monitor(connection)


def test_only_what_changed_is_written(connection: Connection, monitor_id: int) -> None:
    rows = [host_row(str(number)) for number in range(3000)]
    assert hosts.upsert(connection, monitor_id, rows, NOW) == Upserted(created=3000, updated=0)
    assert hosts.upsert(connection, monitor_id, rows, LATER) == Upserted(0, 0)
    rows[7] = rows[7]._replace(ip_addr="10.9.9.9")
    rows[8] = rows[8]._replace(groups=["数据库"])
    assert hosts.upsert(connection, monitor_id, rows, LATER) == Upserted(0, 2)
    changed = hosts.fetch(connection, PageRequest(), group="数据库").items
    assert [(host["external_id"], host["updated_at"]) for host in changed] == [("8", LATER)]


def test_an_edit_made_here_stays_until_the_source_itself_changes(connection: Connection, monitor_id: int) -> None:
    host_id = add_host(connection, monitor_id)
    hosts.edit(connection, host_id, {"name": "edited here", "enabled": False})
    hosts.upsert(connection, monitor_id, [host_row("1", ip_addr="10.0.0.2")], LATER)
    host = hosts.find(connection, host_id)
    assert host is not None
    assert (host["name"], host["enabled"], host["ip_addr"]) == ("edited here", False, "10.0.0.2")
    hosts.upsert(connection, monitor_id, [host_row("1", name="renamed there")], LATER)
    host = hosts.find(connection, host_id)
    assert host is not None
    assert (host["name"], host["enabled"]) == ("renamed there", False)


def test_the_status_follows_from_what_is_known(connection: Connection, monitor_id: int) -> None:
    host_id = add_host(connection, monitor_id)

    def status() -> tuple[int, str]:
        host = hosts.find(connection, host_id)
        assert host is not None
        return host["status"], host["status_description"]

    assert status() == (1, "")
    hosts.upsert(connection, monitor_id, [host_row("1", source_error="连接被拒绝")], LATER)
    assert status() == (2, "连接被拒绝")
    hosts.edit(connection, host_id, {"alert_error": "Critical alert: x"})
    assert status() == (2, "Critical alert: x")
    hosts.edit(connection, host_id, {"enabled": False})
    assert status() == (0, "Disabled")
    hosts.mark_gone(connection, [host_id], LATER)
    assert status() == (0, "Gone from the source")


def test_what_vanished_is_inactive_and_comes_back(connection: Connection, monitor_id: int) -> None:
    first, second = add_host(connection, monitor_id, "1"), add_host(connection, monitor_id, "2")
    add_items(connection, monitor_id, second, "a", "b")
    assert hosts.mark_vanished(connection, monitor_id, {"1"}, LATER, LATER) == 1
    assert {host["id"]: host["status"] for host in hosts.fetch(connection, PageRequest()).items} == {
        first: 1,
        second: 0,
    }
    assert {item["status"] for item in items.fetch(connection, PageRequest(), host_id=second).items} == {0}
    assert hosts.count(connection, monitor_id) == 1
    assert hosts.upsert(connection, monitor_id, [host_row("2")], LATER) == Upserted(0, 1)
    assert hosts.count(connection, monitor_id) == 2


def test_a_host_that_another_pull_has_just_created_does_not_vanish(connection: Connection, monitor_id: int) -> None:
    add_host(connection, monitor_id, "new")
    assert hosts.mark_vanished(connection, monitor_id, set(), NOW - timedelta(seconds=1), LATER) == 0


def test_vanished_items_are_found_on_the_pulled_hosts_only(connection: Connection, monitor_id: int) -> None:
    first, second = add_host(connection, monitor_id, "1"), add_host(connection, monitor_id, "2")
    add_items(connection, monitor_id, first, "a", "b")
    add_items(connection, monitor_id, second, "a")
    rows = {(first, name): item_row(name) for name in ("a", "b")}
    assert not pulled_items.compare(connection, [first], rows).gone
    del rows[first, "a"]
    gone = pulled_items.compare(connection, [first], rows).gone
    assert len(gone) == 1
    items.mark_gone(connection, gone, LATER)
    assert items.active_ids_by_host(connection, [first, second]).keys() == {first, second}
    assert [item["external_id"] for item in items.fetch(connection, PageRequest(), status=0).items] == ["a"]


def test_values_are_kept_as_the_source_writes_them(connection: Connection, monitor_id: int) -> None:
    host_id = add_host(connection, monitor_id)
    values = {"1": "18446744073709551615", "2": "NaN", "3": "中文 ☃", "4": None, "5": "1e-300"}
    rows = {(host_id, external_id): item_row(external_id, value=value) for external_id, value in values.items()}
    pulled_items.upsert(connection, monitor_id, rows, NOW)
    found = items.fetch(connection, PageRequest(), monitor_id=monitor_id).items
    assert {item["external_id"]: item["value"] for item in found} == values
    assert {item["value_at"] for item in found} == {NOW}


@pytest.mark.parametrize(
    ("q", "found"), [("100%", ["1"]), ("100_", []), ("主机", ["1", "2"]), ("HOST 2", ["2"]), ("", ["1", "2"])]
)
def test_a_search_takes_its_text_as_it_is(connection: Connection, monitor_id: int, q: str, found: list[str]) -> None:
    add_host(connection, monitor_id, "1", description="100% busy")
    add_host(connection, monitor_id, "2")
    assert [host["external_id"] for host in hosts.fetch(connection, PageRequest(), q=q).items] == found


@pytest.mark.parametrize("cursor", ["", "x", "WzFd=", "W10", "WyJhIl0", "WzEsMl0", "eyJhIjoxfQ", "WzFlOTld", "é"])
def test_a_cursor_that_this_list_did_not_give_is_refused(connection: Connection, cursor: str) -> None:
    with pytest.raises(Invalid) as error:
        hosts.fetch(connection, PageRequest(50, cursor + "!"))
    assert error.value.field == "cursor"


def test_a_deleted_monitor_takes_its_inventory_along(connection: Connection, monitor_id: int) -> None:
    from app.store.inventory import monitors

    host_id = add_host(connection, monitor_id)
    add_items(connection, monitor_id, host_id, "a")
    assert monitors.remove(connection, monitor_id)
    assert hosts.find(connection, host_id) is None
    assert items.fetch(connection, PageRequest()).items == []


def test_labels_follow_the_source_and_their_order_is_no_change(connection: Connection, monitor_id: int) -> None:
    rows = [host_row("1", labels={"job": "node", "zone": "上海"}), host_row("2")]
    assert hosts.upsert(connection, monitor_id, rows, NOW) == Upserted(created=2, updated=0)
    reordered = [host_row("1", labels={"zone": "上海", "job": "node"}), host_row("2", labels={})]
    assert hosts.upsert(connection, monitor_id, reordered, LATER) == Upserted(0, 0)
    changed = [host_row("1", labels={"job": "node"}), host_row("2", labels={"job": "db"})]
    assert hosts.upsert(connection, monitor_id, changed, LATER) == Upserted(0, 2)
    kept = connection.execute(select(Host.labels).order_by(Host.external_id)).scalars()
    assert list(kept) == [{"job": "node"}, {"job": "db"}]
