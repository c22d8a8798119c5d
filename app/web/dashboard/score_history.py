"""The history of the score as a chart and as a list of its changes."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

from app import clock
from app.store.database.pages import PageRequest
from app.web.context import services

MAX_SAMPLES = 10_000
DAY_HOURS = 24
HOUR_S = 3600
LISTED = 30

Row = Mapping[Any, Any]


def samples_of(hours: int, monitor_id: int | None) -> Sequence[Row]:
    """Return the samples of the last hours of all hosts or of a monitor, oldest first."""
    after = clock.now() - timedelta(hours=hours)
    page = services().alerts.scores.history(PageRequest(MAX_SAMPLES), monitor_id=monitor_id, after=after)
    return [*reversed(page.items)]


def points_of(samples: Sequence[Row], hours: int) -> list[list[int]]:
    """Return the chart's seconds and scores; of more than a day the lowest of each hour, so that no drop is lost."""
    if hours <= DAY_HOURS:
        return [[int(row["at"].timestamp()) for row in samples], [row["score"] for row in samples]]
    lowest: dict[int, Row] = {}
    for row in samples:
        hour = int(row["at"].timestamp()) // HOUR_S
        if hour not in lowest or row["score"] < lowest[hour]["score"]:
            lowest[hour] = row
    return points_of([*lowest.values()], DAY_HOURS)


def changes_of(samples: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the newest samples that differ from the one before, newest first, with the difference in `points`."""
    found = [
        {**after, "points": after["score"] - before["score"]}
        for before, after in pairwise(samples)
        if after["score"] != before["score"]
    ]
    return found[: -LISTED - 1 : -1]
