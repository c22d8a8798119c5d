"""The past of a simulated item, which is what pulls would have read."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from app.connectors.base import MonitorAccess, PastValue
from app.connectors.simulator.connector import SimulatorConnector
from app.connectors.simulator.fleet import make_item

NOON = datetime(2026, 11, 28, 12, 0, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def read(external_id: str = "1", value_type: str = "float", *, by_hour: bool = False) -> list[PastValue]:
    connector = SimulatorConnector(MonitorAccess("simulator://demo?hosts=2&items=3"))
    pages = connector.history("2", external_id, value_type, NOON - 49 * HOUR, NOON, by_hour=by_hour)
    return [value for page in pages for value in page]


def test_each_minute_has_the_value_that_a_pull_would_have_read() -> None:
    values = read()
    assert len(values) == 49 * 60 + 1
    assert values[99].last == float(make_item("demo:1", 1, 0, values[99].at).value or "")
    assert {later.at - earlier.at for earlier, later in pairwise(values)} == {HOUR / 60}


def test_hours_are_summed_up() -> None:
    hours = read(by_hour=True)
    assert len(hours) == 50
    assert all(hour.lowest <= hour.mean <= hour.highest and hour.at.minute == 0 for hour in hours)


def test_texts_and_unknown_items_have_no_past() -> None:
    assert read("9") == read("1", "text") == []
