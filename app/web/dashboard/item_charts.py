"""The recent values of items, as sparklines in a list and as the chart of one item."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app import clock
from app.rules.item_numbers import TEXT_TYPES, finite_number
from app.web.context import Row, services
from app.web.dashboard.formats import axis_unit
from app.web.dashboard.sparklines import Sparkline, sparklines

LINE = timedelta(hours=6)
LINE_STEPS = 72
CHART_STEPS = 360
RAW_HOURS = 24
"""Longer charts are of hourly summaries."""
HOUR = timedelta(hours=1)
LISTED = 30


@dataclass(frozen=True, slots=True)
class History:
    """The recent values of an item."""

    points: Sequence[Sequence[float]]
    """Chart data: seconds, and the highest and lowest value of each step, in `unit`."""
    window: tuple[float, float]
    """Start and end of the chart, in seconds."""
    unit: str
    newest: Sequence[Row]
    """The listed steps, newest first."""
    step_s: float
    count: int
    lowest: float
    highest: float

    @property
    def is_whole(self) -> bool:
        """Return whether each step has one value, so that nothing is left out."""
        return self.count == len(self.points[0])


def lines_of(items: Sequence[Row]) -> dict[int, Sparkline]:
    """Return the sparklines of a page of items by id, without items that have fewer than two recent values."""
    latest = {item["id"]: finite_number(item["value"], item["value_type"]) for item in items if has_history(item)}
    return sparklines(services().inventory.item_values.summarize(latest, LINE, LINE_STEPS), latest)


def history_of(item: Mapping[Any, Any], hours: int) -> History | None:
    """Return the recent values of an item, None if there are none."""
    span = timedelta(hours=hours)
    steps: Sequence[Row]
    step = HOUR if hours > RAW_HOURS else span / CHART_STEPS
    if step is HOUR:
        steps = services().inventory.item_values.summaries(item["id"], span)
    else:
        steps = services().inventory.item_values.summarize([item["id"]], span, CHART_STEPS).get(item["id"], ())
    now = clock.now()
    return drawn(item, steps, (now - span, now), step)


def drawn(
    item: Mapping[Any, Any], steps: Sequence[Row], between: tuple[datetime, datetime], step: timedelta
) -> History | None:
    """Return summarized values of an item between two times as what a chart needs, None if there are none."""
    if not steps:
        return None
    lowest = min(step["lowest"] for step in steps)
    highest = max(step["highest"] for step in steps)
    divisor, unit = axis_unit(max(abs(lowest), abs(highest)), item["units"])
    moments = [step["at"].timestamp() for step in steps]
    begin, end = (at.timestamp() for at in between)
    return History(
        points=[moments, *([step[name] / divisor for step in steps] for name in ("highest", "lowest"))],
        # The clock of a source may be ahead of ours.
        window=(begin, max(end, moments[-1])),
        unit=unit,
        newest=steps[: -LISTED - 1 : -1],
        step_s=step.total_seconds(),
        count=sum(step["count"] for step in steps),
        lowest=lowest,
        highest=highest,
    )


def has_history(item: Mapping[Any, Any]) -> bool:
    """Return whether the values of this item are numbers, which are stored, and not text."""
    return item["value_type"] not in TEXT_TYPES
