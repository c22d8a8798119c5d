"""The days of a rota's calendar, with who is on call in each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.relativedelta import MO, relativedelta

from app.rules.oncall.turns import instant_of

VIEWS = ("week", "month")
DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)
COLOURS = 8
"""How many people the style sheet tells apart by colour."""


@dataclass(frozen=True, slots=True)
class Period:
    """A week or a month of whole weeks."""

    view: str
    first: date
    last: date
    """The day after the last one."""
    on: date
    """The day that the address names."""
    before: date
    after: date


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a day in which one person, or nobody, is on call."""

    shift: Mapping[str, Any]
    colour: str
    starts: str
    ends: str
    left: float
    width: float
    """Percent of the day."""


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the rota's zone."""

    date: date
    is_today: bool
    is_outside: bool
    """Whether it belongs to another month."""
    starts_at: datetime
    ends_at: datetime
    pieces: Sequence[Piece]


def period_of(view: str, on: date) -> Period:
    """Return the week or the month of a day."""
    if view == "week":
        first = on + relativedelta(weekday=MO(-1))
        return Period(view, first, first + WEEK, on, on - WEEK, on + WEEK)
    month = on.replace(day=1)
    following = month + relativedelta(months=1)
    first = month + relativedelta(weekday=MO(-1))
    last = following + relativedelta(weekday=MO)
    return Period(view, first, last, on, month - relativedelta(months=1), following)


def days_of(
    period: Period, zone: ZoneInfo, shifts: Sequence[Mapping[str, Any]], now: datetime, colours: Mapping[int, str]
) -> list[Day]:
    """Return the days of a period, with the parts of the shifts on each."""
    today = now.astimezone(zone).date()
    found = []
    day = period.first
    while day < period.last:
        start, end = start_of(day, zone), start_of(day + DAY, zone)
        outside = period.view == "month" and day.month != period.on.month
        found.append(Day(day, day == today, outside, start, end, [*_pieces(shifts, start, end, zone, colours)]))
        day += DAY
    return found


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """Return when a day begins in a zone."""
    return instant_of(datetime.combine(day, time()), zone)


def colours_of(layers: Sequence[Mapping[str, Any]], others: Iterable[int]) -> dict[int, str]:
    """Return the name of each person's colour; that of the layers' people does not depend on the others."""
    people = {user_id for layer in layers for user_id in layer["users"]}
    return {
        user_id: f"person-{number % COLOURS}"
        for number, user_id in enumerate([*sorted(people), *sorted({*others} - people)])
    }


def _pieces(
    shifts: Sequence[Mapping[str, Any]], start: datetime, end: datetime, zone: ZoneInfo, colours: Mapping[int, str]
) -> Iterable[Piece]:
    for shift in shifts:
        first, last = max(shift["starts_at"], start), min(shift["ends_at"], end)
        if first < last:
            yield Piece(
                shift=shift,
                colour=colours.get(shift["user_id"], "person-none"),
                starts="" if first == start else f"{first.astimezone(zone):%H:%M}",
                ends="" if last == end else f"{last.astimezone(zone):%H:%M}",
                left=round((first - start) / (end - start) * 100, 2),
                width=round((last - first) / (end - start) * 100, 2),
            )
