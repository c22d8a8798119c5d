"""When the people of a layer hand over to each other."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from app.rules.oncall.layers import Layer, TurnUnit
from app.rules.oncall.spans import Span

STEPS: Mapping[TurnUnit, Callable[[int], relativedelta]] = {
    TurnUnit.DAYS: lambda count: relativedelta(days=count),
    TurnUnit.WEEKS: lambda count: relativedelta(weeks=count),
    TurnUnit.MONTHS: lambda count: relativedelta(months=count),
}
SHORTEST = {
    TurnUnit.HOURS: timedelta(hours=1),
    TurnUnit.DAYS: timedelta(days=1),
    TurnUnit.WEEKS: timedelta(weeks=1),
    TurnUnit.MONTHS: timedelta(days=28),
}
CLOCK_CHANGES = timedelta(days=1)
"""Zones that crossed the date line moved their clocks by this much."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one person has from a hand-over to the next one."""

    user_id: int
    span: Span


def instant_of(local: datetime, zone: ZoneInfo) -> datetime:
    """Return a local time in UTC.

    A time that a clock change skips is moved forward by as much as the clock is, and of a repeated one the first is
    taken (RFC 5545, section 3.3.5).
    """
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)


def turns(layer: Layer, zone: ZoneInfo, wanted: Span) -> Iterator[Turn]:
    """Yield the turns that overlap a span, whole."""
    number = max(0, _number_at(layer, zone, wanted.starts_at))
    end = instant_of(layer.ends_at, zone) if layer.ends_at else None
    start = hand_over(layer, zone, number)
    while start < wanted.ends_at and (end is None or start < end):
        following = hand_over(layer, zone, number + 1)
        span = Span(start, min(following, end) if end else following)
        if span.ends_at > max(start, wanted.starts_at):
            yield Turn(layer.users[number % len(layer.users)], span)
        number, start = number + 1, following


def hand_over(layer: Layer, zone: ZoneInfo, number: int) -> datetime:
    """Return when a turn starts, counted from 0.

    Hours are real ones. Days, weeks and months keep the local time, and months end with their last day if the first
    hand-over was on a later one.
    """
    if layer.unit is TurnUnit.HOURS:
        return instant_of(layer.starts_at, zone) + timedelta(hours=layer.every * number)
    return instant_of(layer.starts_at + STEPS[layer.unit](layer.every * number), zone)


def _number_at(layer: Layer, zone: ZoneInfo, at: datetime) -> int:
    """Return the number of the turn at a time; -1 before the first."""
    passed = at - instant_of(layer.starts_at, zone) + CLOCK_CHANGES
    count = max(0, passed // (SHORTEST[layer.unit] * layer.every)) + 1
    return bisect_right(range(count), at, key=lambda number: hand_over(layer, zone, number)) - 1
