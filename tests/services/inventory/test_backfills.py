"""Values of the time before nagare knew an item."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.composition import Services
from app.connectors.base import HostRecord, ItemRecord, PastValue
from app.errors import Conflict, NotFound
from app.models.item_values import HOUR
from app.rules.task_params.pull import BackfillValues
from app.services.inventory.backfills import Backfills
from app.services.inventory.monitor_connections import MonitorConnections
from app.services.inventory.pulls import PullService
from app.services.ledger.requester import Requester
from app.store.database.pages import PageRequest
from app.store.database.vault import Vault
from tests.services.conftest import Time
from tests.services.inventory.test_pulls import Source, pulls, source

__all__ = ["pulls", "source"]

ALL = PageRequest(limit=500)
MINUTE = timedelta(minutes=1)


class Keeping(Source):
    """A source that keeps the values of its items."""

    def __init__(self, time: Time) -> None:
        super().__init__(time)
        self.hosts_there = [HostRecord("0", "host-0", "主机 0")]
        self.items_there = [ItemRecord("0", "cpu", "cpu", "cpu", "1", value_type="float", value_at=time.now)]
        self.points: list[PastValue] = []
        self.hours: list[PastValue] = []
        self.asked: list[tuple[Any, ...]] = []

    def history(self, *asked: Any, by_hour: bool) -> Iterator[Sequence[PastValue]]:
        self.asked.append((*asked[:3], asked[4] - asked[3], by_hour))
        rows = self.hours if by_hour else self.points
        yield from ([row] for row in rows)


@pytest.fixture
def keeping(time: Time) -> Keeping:
    return Keeping(time)


@pytest.fixture
def item(services: Services, keeping: Keeping, monitor_id: int) -> tuple[int, int, int]:
    """Return the ids of the monitor, the host and the item."""
    PullService(services.database, connections(services, keeping), services.inventory.item_values).items(monitor_id)
    [found] = services.inventory.inventory.list_items(ALL).items
    return monitor_id, int(found["host_id"]), int(found["id"])


def connections(services: Services, source: Source) -> MonitorConnections:
    return MonitorConnections(services.database, Vault("a secret for tests"), source.open)


def backfills(services: Services, source: Source, hours: float = 24, days: int = 90) -> Backfills:
    return Backfills(services.database, connections(services, source), values_hours=hours, value_days=days)


def values(services: Services, item_id: int) -> list[float]:
    return [row["value"] for row in services.inventory.item_values.list(item_id, ALL).items]


def summaries(services: Services, item_id: int) -> list[tuple[datetime, int, float]]:
    rows = services.inventory.item_values.list_summaries(item_id, ALL).items
    return [(row["at"], row["count"], row["mean"]) for row in rows]


def test_recent_values_are_kept_as_they_were_and_older_ones_by_the_hour(
    services: Services, keeping: Keeping, item: tuple[int, int, int], time: Time
) -> None:
    start = time.now.replace(minute=0, second=0, microsecond=0)
    keeping.points = [PastValue.single(time.now - minutes * MINUTE, float(minutes)) for minutes in (2000, 90, 30, -5)]
    keeping.points.append(PastValue.single(time.now - 20 * MINUTE, float("inf")))
    keeping.hours = [PastValue(start - hours * HOUR, 60, 1.0, 3.0, 2.0, 2.5) for hours in (9000, 50, 30)]
    done = backfills(services, keeping).item(*item, hours=100)
    assert done == {"values": 2, "hours": 2}
    assert values(services, item[2]) == [90.0, 30.0, 1.0]
    assert [(start - at) // HOUR for at, count, _ in summaries(services, item[2]) if count == 60] == [50, 30]
    assert keeping.asked == [
        ("0", "cpu", "float", span * HOUR, by_hour) for span, by_hour in ((24, False), (100, True))
    ]


def test_again_nothing_is_added_twice(
    services: Services, keeping: Keeping, item: tuple[int, int, int], time: Time
) -> None:
    keeping.points = [PastValue.single(time.now - 90 * MINUTE + timedelta(seconds=n), float(n)) for n in (0, 10)]
    assert backfills(services, keeping).item(*item, hours=5)["values"] == 2
    keeping.points = [PastValue.single(time.now - 90 * MINUTE + timedelta(seconds=n), 9.0) for n in (1, 11)]
    backfills(services, keeping).item(*item, hours=5)
    assert values(services, item[2]) == [0.0, 10.0, 1.0]


def test_what_is_not_kept_is_not_asked_for(services: Services, keeping: Keeping, item: tuple[int, int, int]) -> None:
    assert backfills(services, keeping, hours=0, days=0).item(*item, hours=5) == {"values": 0, "hours": 0}
    assert keeping.asked == []
    backfills(services, keeping, hours=1, days=0).item(*item, hours=5)
    assert [asked[-1] for asked in keeping.asked] == [False]


def test_a_source_without_history_says_so(
    services: Services, keeping: Keeping, source: Source, item: tuple[int, int, int]
) -> None:
    with pytest.raises(Conflict, match="no past values"):
        backfills(services, source).item(*item, hours=5)
    with pytest.raises(NotFound):
        backfills(services, keeping).item(item[0], item[1] + 1, item[2], hours=5)


def test_a_task_fills_an_item_of_the_simulator(services: Services, monitor_id: int, by: Requester, time: Time) -> None:
    services.inventory.pulls.items(monitor_id)
    item = services.inventory.inventory.list_items(ALL).items[0]
    params = BackfillValues(monitor_id=monitor_id, host_id=item["host_id"], item_id=item["id"], hours=72)
    task_id = services.ledger.submit.accept(by, params)
    claim = services.ledger.lifecycle.begin(task_id, "worker@here/1")
    assert claim is not None
    done = services.inventory.backfills.item(monitor_id, item["host_id"], item["id"], 72)
    assert done["values"] >= 24 * 60 - 2 and done["hours"] == 72
    assert len(summaries(services, item["id"])) == 72 + 1


def test_a_text_has_no_past(services: Services, monitor_id: int, by: Requester) -> None:
    services.inventory.pulls.items(monitor_id)
    item = services.inventory.inventory.list_items(ALL).items[0]
    with services.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE items SET value_type = 'text'")
    with pytest.raises(Conflict, match="only numbers"):
        services.ledger.submit.accept(
            by, BackfillValues(monitor_id=monitor_id, host_id=item["host_id"], item_id=item["id"], hours=1)
        )
