"""What pulls make of items, held to the rules in a few lines of Python."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from app.models.hosts import LOCAL_PREFIX
from app.store.inventory import items, pulled_items
from app.store.inventory.items import EDITABLE, ITEMS
from app.store.inventory.pulled_items import Identity, PulledItem
from tests.store.rows import LATER, NOW, add_host, add_items, add_monitor, item_row

MINUTE = timedelta(minutes=1)
Rows = Mapping[Identity, PulledItem]

texts = st.sampled_from(["指标", "b'\\\"{},NULL\n"])
source_items = st.builds(
    PulledItem,
    name=texts,
    description=st.just(""),
    interval=st.just("1m"),
    units=texts,
    enabled=st.just(True),
    key=st.just("k"),
    source_error=st.none() | texts,
    value=st.none() | texts,
    value_type=st.just("text"),
    value_at=st.none() | st.sampled_from([NOW, NOW + timedelta(microseconds=1)]),
    value_text=st.none() | texts,
    raw_name=st.none() | texts,
)
pages = st.dictionaries(st.sampled_from("ab"), source_items)
edits = st.tuples(st.sampled_from("ab"), st.dictionaries(st.sampled_from(["name", "units"]), texts, min_size=1))


class Expected:
    """One host's items by the rules: what a source says, what people write over it, what is gone."""

    def __init__(self) -> None:
        self.said: dict[str, PulledItem] = {}
        self.edited: dict[str, dict[str, Any]] = {}
        self.gone: set[str] = set()

    def pull(self, page: Mapping[str, PulledItem]) -> tuple[int, int, int]:
        created = {name for name in page if name not in self.said}
        updated = {name for name in page.keys() - created if self.said[name] != page[name] or name in self.gone}
        vanished = self.said.keys() - page.keys() - self.gone
        for name, row in page.items():
            before = self.said.get(name, row)
            kept = self.edited.get(name, {}).items()
            self.edited[name] = {field: text for field, text in kept if getattr(before, field) == getattr(row, field)}
        self.said.update(page)
        self.gone = (self.gone - page.keys()) | vanished
        return len(created), len(updated), len(vanished)

    def shown(self) -> dict[str, tuple[Any, ...]]:
        found = {name: row._replace(**self.edited[name]) for name, row in self.said.items()}
        return {name: (*row, name in self.gone) for name, row in found.items()}


def pull(
    connection: Connection, monitor_id: int, host_id: int, page: Mapping[str, PulledItem], now: datetime = NOW
) -> tuple[int, int, int]:
    rows = {(host_id, external_id): row for external_id, row in page.items()}
    found = pulled_items.compare(connection, [host_id], rows)
    written = pulled_items.upsert(connection, monitor_id, found.others, now, found.followed)
    items.mark_gone(connection, found.gone, now)
    assert written.ids.items() <= ids(connection, host_id).items()
    assert len(written.ids) == written.created + written.updated
    return written.created, written.updated, len(found.gone)


def ids(connection: Connection, host_id: int) -> dict[Identity, int]:
    found = connection.execute(select(ITEMS.id, ITEMS.external_id).where(ITEMS.host_id == host_id))
    return {(host_id, row.external_id): row.id for row in found}


def shown(connection: Connection, host_id: int) -> dict[str, tuple[Any, ...]]:
    columns = [*(ITEMS[name] for name in PulledItem._fields), ITEMS.vanished_at]
    rows = connection.execute(select(ITEMS.external_id, *columns).where(ITEMS.host_id == host_id))
    return {row[0]: (*row[1:-1], row[-1] is not None) for row in rows}


@given(st.lists(pages | edits, min_size=3, max_size=6))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pulls_and_edits_go_by_the_rules(connection: Connection, steps: list[Any]) -> None:
    savepoint = connection.begin_nested()
    monitor_id = add_monitor(connection)
    host_id = add_host(connection, monitor_id)
    expected = Expected()
    for number, step in enumerate(steps):
        if isinstance(step, dict):
            assert pull(connection, monitor_id, host_id, step, NOW + number * MINUTE) == expected.pull(step)
        elif step[0] in expected.said:
            external_id, values = step
            items.edit(connection, ids(connection, host_id)[host_id, external_id], values)
            expected.edited[external_id] |= values
        assert shown(connection, host_id) == expected.shown()
    savepoint.rollback()


def test_only_what_changed_is_stamped(connection: Connection) -> None:
    monitor_id = add_monitor(connection)
    host_id = add_host(connection, monitor_id)
    page = {str(number): item_row(str(number)) for number in range(1234)}
    assert pull(connection, monitor_id, host_id, page) == (1234, 0, 0)
    assert pull(connection, monitor_id, host_id, page, LATER) == (0, 0, 0)
    page |= {"1": page["1"]._replace(value="2"), "2": page["2"]._replace(name="改名")}
    page["3"] = page["3"]._replace(value_at=NOW.astimezone(timezone(timedelta(hours=8))))
    assert pull(connection, monitor_id, host_id, page, LATER) == (0, 2, 0)
    changed = connection.execute(select(ITEMS.external_id).where(ITEMS.updated_at == LATER).order_by(ITEMS.external_id))
    assert changed.scalars().all() == ["1", "2"]


def test_what_another_pull_wrote_since_it_was_read_is_no_second_item(connection: Connection) -> None:
    monitor_id = add_monitor(connection)
    host_id = add_host(connection, monitor_id)
    rows = {(host_id, name): item_row(name) for name in ("a", "b")}
    found = pulled_items.compare(connection, [host_id], rows)
    first = pulled_items.upsert(connection, monitor_id, rows, NOW)
    again = pulled_items.upsert(
        connection, monitor_id, {**found.others, (host_id, "b"): item_row("b", value="2")}, LATER
    )
    assert (again.created, again.updated) == (0, 1)
    assert again.ids == {(host_id, "b"): first.ids[host_id, "b"]}


def test_an_item_that_was_made_here_does_not_vanish(connection: Connection) -> None:
    monitor_id = add_monitor(connection)
    host_id = add_host(connection, monitor_id)
    add_items(connection, monitor_id, host_id, f"{LOCAL_PREFIX}1", "a")
    assert pull(connection, monitor_id, host_id, {}) == (0, 0, 1)


def test_every_column_has_a_type_and_a_place() -> None:
    assert PulledItem._fields[: len(EDITABLE)] == EDITABLE
    assert pulled_items.KINDS.keys() == set(PulledItem._fields)
