"""What pulls leave behind to be drawn."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.composition import Services
from app.connectors.base import ItemRecord
from app.errors import NotFound
from app.models import ValueSummary
from app.services.inventory.item_values import ItemValues
from app.services.inventory.pulls import PullService
from app.store.database.pages import PageRequest
from tests.services.conftest import Time
from tests.services.inventory.test_pulls import Source, pulls, source
from tests.store.rows import item_row

__all__ = ["pulls", "source"]

ALL = PageRequest(limit=500)


def measured(value: str, at: datetime) -> ItemRecord:
    return ItemRecord("0", "cpu", "cpu", "cpu", value=value, value_type="float", value_at=at)


def pull(services: Services, pulls: PullService, source: Source, monitor_id: int, value: str, seconds: float) -> int:
    """Let some time pass, pull an item that has a new value since, and return its id."""
    source.time.pass_by(seconds)
    source.hosts_there = source.hosts_there[:1]
    source.items_there = [measured(value, source.time.now)]
    pulls.items(monitor_id)
    [item] = services.inventory.inventory.list_items(ALL).items
    return int(item["id"])


def values(services: Services, item_id: int) -> list[float]:
    return [row["value"] for row in services.inventory.item_values.list(item_id, ALL).items]


def test_each_pull_with_a_newer_value_adds_a_point(
    services: Services, pulls: PullService, source: Source, monitor_id: int
) -> None:
    for value in ("1", "2.5", "n/a", "2.5"):
        item_id = pull(services, pulls, source, monitor_id, value, 60)
    assert values(services, item_id) == [1.0, 2.5, 2.5]
    source.time.pass_by(60)
    pulls.items(monitor_id)
    [host] = services.inventory.inventory.list_hosts(ALL).items
    pulls.item(monitor_id, host["id"], item_id)
    assert values(services, item_id) == [1.0, 2.5, 2.5]
    source.items_there = [measured("7", source.time.now)]
    pulls.item(monitor_id, host["id"], item_id)
    newest = source.time.now - timedelta(seconds=30)
    assert [row["value"] for row in services.inventory.item_values.list(item_id, ALL, after=newest).items] == [7.0]
    assert len(services.inventory.item_values.list(item_id, ALL, before=newest).items) == 3


def test_old_points_are_deleted_and_not_added_again(
    services: Services, pulls: PullService, source: Source, monitor_id: int, time: Time
) -> None:
    item_id = pull(services, pulls, source, monitor_id, "1", 0)
    for _ in range(2):
        time.pass_by(24 * 3600)
        pulls.items(monitor_id)
        services.recovery.tick("leader")
    assert values(services, item_id) == []
    # A source whose clock is a day ahead.
    source.items_there = [measured("1", time.now + timedelta(days=1))]
    pulls.items(monitor_id)
    time.pass_by(24 * 3600)
    assert values(services, item_id) == []


def test_many_old_points_are_deleted_in_steps(
    services: Services, pulls: PullService, source: Source, monitor_id: int, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.inventory.item_values.PRUNE_BATCH_SIZE", 2)
    monkeypatch.setattr("app.services.inventory.item_values.STEP_BATCH_SIZE", 2)
    for value in range(9):
        item_id = pull(services, pulls, source, monitor_id, str(value), 60)
    time.pass_by(3600)
    short = ItemValues(services.database, hours=1 / 3600)
    left = []
    for _ in range(4):
        short.tick()
        left.append(len(values(services, item_id)))
    assert left == [5, 1, 0, 0]


def test_what_is_drawn_is_of_the_last_time_and_not_older_than_what_is_kept(
    services: Services, pulls: PullService, source: Source, monitor_id: int
) -> None:
    for value in ("1", "5", "3"):
        item_id = pull(services, pulls, source, monitor_id, value, 1800)
    read_at = services.inventory.inventory.get_item(item_id)["value_at"]
    hours = timedelta(hours=1)
    [*_, newest] = services.inventory.item_values.summarize([item_id, 999], 2 * hours, 60)[item_id]
    assert (newest["at"], newest["lowest"], newest["count"]) == (read_at, 3.0, 1)
    [whole] = services.inventory.item_values.summarize([item_id], 24 * hours, 1)[item_id]
    assert (whole["lowest"], whole["highest"], whole["count"]) == (1.0, 5.0, 3)
    assert [row["lowest"] for row in services.inventory.item_values.summarize([item_id], hours / 2, 60)[item_id]] == [
        3.0
    ]
    short = ItemValues(services.database, hours=0.5)
    assert [row["lowest"] for row in short.summarize([item_id], hours, 60)[item_id]] == [3.0]


def test_nothing_is_kept_without_hours(services: Services, pulls: PullService, source: Source, monitor_id: int) -> None:
    item_id = pull(services, pulls, source, monitor_id, "1", 0)
    off = ItemValues(services.database, hours=0)
    assert off.list(item_id, ALL).items == []
    source.time.pass_by(3600)
    off.tick()
    assert values(services, item_id) == []
    with services.database.transaction() as connection:
        off.add(connection, [(item_id, item_row("cpu", value_at=source.time.now))])
    assert values(services, item_id) == []


def test_points_go_with_their_monitor(services: Services, pulls: PullService, source: Source, monitor_id: int) -> None:
    item_id = pull(services, pulls, source, monitor_id, "1", 0)
    services.inventory.monitors.delete(monitor_id)
    with pytest.raises(NotFound):
        services.inventory.item_values.list(item_id, ALL)
    again = int(
        services.inventory.monitors.create({"name": "again", "type": "simulator", "url": "simulator://demo"})["id"]
    )
    new_id = pull(services, pulls, source, again, "2", 60)
    assert values(services, new_id) == [2.0]


def test_values_are_summed_up_before_they_are_deleted(
    services: Services, pulls: PullService, source: Source, monitor_id: int, time: Time
) -> None:
    for value in ("1", "4", "2"):
        item_id = pull(services, pulls, source, monitor_id, value, 60)
    short = ItemValues(services.database, hours=1, days=3)
    [now] = short.list_summaries(item_id, ALL).items
    for _ in range(2):
        time.pass_by(4 * 3600)
        short.tick()
    assert values(services, item_id) == []
    [later] = short.list_summaries(item_id, ALL).items
    assert later == now
    assert (later["at"], later["count"], later["mean"]) == (datetime(2026, 1, 31, 12, tzinfo=UTC), 3, 7 / 3)
    assert (later["lowest"], later["highest"], later["last"]) == (1.0, 4.0, 2.0)
    assert short.list_summaries(item_id, ALL, after=later["at"]).items == []
    with pytest.raises(NotFound):
        short.list_summaries(item_id + 1, ALL)
    time.pass_by(5 * 86400)
    short.tick()
    assert short.summaries(item_id, timedelta(days=30)) == []


def test_summaries_of_a_deleted_monitor_are_deleted_soon(
    services: Services, pulls: PullService, source: Source, monitor_id: int, time: Time
) -> None:
    pull(services, pulls, source, monitor_id, "1", 0)
    short = ItemValues(services.database, hours=1, days=3)
    time.pass_by(26 * 3600)
    short.tick()
    services.inventory.monitors.delete(monitor_id)
    assert summary_count(services) == 1
    for _ in range(4):
        time.pass_by(60)
        short.tick()
    assert summary_count(services) == 0


def test_without_days_no_summaries_are_kept(
    services: Services, pulls: PullService, source: Source, monitor_id: int, time: Time
) -> None:
    pull(services, pulls, source, monitor_id, "1", 0)
    time.pass_by(26 * 3600)
    ItemValues(services.database, hours=1, days=0).tick()
    assert summary_count(services) == 0


def summary_count(services: Services) -> int:
    with services.database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(ValueSummary)).scalar_one())
