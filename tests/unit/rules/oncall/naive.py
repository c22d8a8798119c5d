"""A second, slow way to say who is on call: minute by minute, with hand-overs counted one after another."""

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from app.rules.oncall.layers import Layer, Restriction
from app.rules.oncall.shifts import Override

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Answer = tuple[int | None, int | None, int | None]
"""User, layer, override."""


class Clock:
    """The minutes of some weeks, with the local time that a clock on the wall shows at each."""

    def __init__(self, zone: str, start: datetime, days: int) -> None:
        here = ZoneInfo(zone)
        minutes = [start + number * MINUTE for number in range(days * 24 * 60)]
        self.local = {minute: minute.astimezone(here).replace(tzinfo=None) for minute in minutes}
        self.end, self.last = minutes[-1], max(self.local.values())
        self._first: dict[datetime, datetime] = {}
        for minute, local in self.local.items():
            self._first.setdefault(local, minute)

    def first(self, local: datetime) -> datetime:
        """Return the first minute with a local time; one that is skipped comes as late as the clock jumped."""
        if local in self._first:
            return self._first[local]
        return self._skipped(local)

    @cache  # noqa: B019 - a clock lives as long as the tests
    def _skipped(self, local: datetime) -> datetime:
        before = max(minute for minute, shown in self.local.items() if shown < local)
        return before + (local - self.local[before])

    def has(self, day: date) -> bool:
        return datetime.combine(day, time(12)) in self._first


def answer(
    clock: Clock,
    layers: Sequence[Layer],
    overrides: Sequence[Override],
    holidays: Sequence[date],
    enabled: Mapping[int, bool],
    at: datetime,
) -> Answer:
    """Return who is on call at a minute, by which layer or override."""
    for override in reversed(overrides):
        if override.span.starts_at <= at < override.span.ends_at and enabled.get(override.user_id):
            return override.user_id, None, override.id
    for index in reversed(range(len(layers))):
        user = _user_of(clock, layers[index], holidays, at)
        if user is not None and enabled.get(user):
            return user, index, None
    return None, None, None


def _user_of(clock: Clock, layer: Layer, holidays: Sequence[date], at: datetime) -> int | None:
    is_holiday = clock.local[at].date() in holidays
    if (layer.holidays == "only" and not is_holiday) or (layer.holidays == "except" and is_holiday):
        return None
    if layer.ends_at is not None and at >= clock.first(layer.ends_at):
        return None
    if layer.restrictions and not any(_is_in(clock, each, at) for each in layer.restrictions):
        return None
    handed_over = bisect_right(_all_hand_overs(clock, layer), at)
    return layer.users[(handed_over - 1) % len(layer.users)] if handed_over else None


@cache
def _all_hand_overs(clock: Clock, layer: Layer) -> list[datetime]:
    return [*_hand_overs(clock, layer)]


def _hand_overs(clock: Clock, layer: Layer) -> Iterator[datetime]:
    local, day = layer.starts_at, layer.starts_at.day
    instant = clock.first(local)
    while True:
        yield instant
        if layer.unit == "hours":
            instant += timedelta(hours=layer.every)
            if instant > clock.end:
                return
            continue
        if layer.unit == "months":
            for _ in range(layer.every):
                year, month = (local.year, local.month + 1) if local.month < 12 else (local.year + 1, 1)
                local = local.replace(year=year, month=month, day=min(day, monthrange(year, month)[1]))
        else:
            local += layer.every * (DAY if layer.unit == "days" else 7 * DAY)
        if local > clock.last:
            return
        instant = clock.first(local)


def _is_in(clock: Clock, restriction: Restriction, at: datetime) -> bool:
    today = clock.local[at].date()
    for day in (today - 2 * DAY, today - DAY, today):
        if WEEKDAYS[day.weekday()] not in restriction.days or not clock.has(day):
            continue
        start = datetime.combine(day, time.fromisoformat(restriction.start))
        if restriction.until == "24:00":
            end = datetime.combine(day + DAY, time())
        else:
            end = datetime.combine(day, time.fromisoformat(restriction.until))
            end += DAY if end <= start else timedelta()
        if clock.first(start) <= at < clock.first(end):
            return True
    return False


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
