"""The past values of a simulated item, which are those that it would have had."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from app.connectors.base import PastValue
from app.connectors.simulator.fleet import make_item

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SUMMED_UP = 6
"""How many values of an hour are summed up."""


def pages(
    seed: str, host: int, item: int, after: datetime, before: datetime, *, by_hour: bool
) -> Iterator[Sequence[PastValue]]:
    """Yield the values of each minute between two times, or summaries of whole hours, a day a page."""
    step = HOUR if by_hour else MINUTE
    at = after.replace(minute=0, second=0, microsecond=0) if by_hour else after.replace(second=0, microsecond=0)
    while at < before:
        end = min(before, at + DAY)
        yield [_past(seed, host, item, start, by_hour=by_hour) for start in _steps(at, end, step)]
        at += DAY


def _steps(at: datetime, end: datetime, step: timedelta) -> Iterator[datetime]:
    while at < end:
        yield at
        at += step


def _past(seed: str, host: int, item: int, at: datetime, *, by_hour: bool) -> PastValue:
    if not by_hour:
        return PastValue.single(at, _value(seed, host, item, at))
    values = [_value(seed, host, item, at + HOUR / SUMMED_UP * number) for number in range(SUMMED_UP)]
    return PastValue(at, len(values), min(values), max(values), sum(values) / len(values), values[-1])


def _value(seed: str, host: int, item: int, minute: datetime) -> float:
    return float(make_item(seed, host, item, minute).value or 0)
