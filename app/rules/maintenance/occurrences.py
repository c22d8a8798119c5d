"""Computes when a maintenance window is in effect: once, or by a recurrence rule in a time zone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise, takewhile
from typing import Any, NamedTuple, Self
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule

from app.errors import Invalid
from app.rules.maintenance.recurrence_rules import read_rule
from app.rules.timezones import is_timezone

FIRST_YEAR, LAST_YEAR = 1970, 9000
"""Of windows that recur: further away, some time zones have no local time."""
CHECKED = 500
"""How many occurrences are checked when a window is saved, within CHECKED_FOR."""
CHECKED_FOR = timedelta(days=5 * 366)
SHORTEST_INTERVAL = timedelta(hours=1)


class Occurrence(NamedTuple):
    """One time that a window is in effect."""

    starts_at: datetime
    ends_at: datetime


class Position(NamedTuple):
    """Where a series is at a time."""

    occurrence: Occurrence
    """The one in effect, or else the next one; the last one when none is left."""
    next_starts_at: datetime | None
    """When the one after it begins; None if there is none."""


@dataclass(frozen=True, slots=True)
class Series:
    """The occurrences of a window, all as long as the first.

    They begin at the same local time. One that a clock change skips is moved forward by the change; one that it repeats
    counts once.
    """

    first: Occurrence
    rule: rrule | None
    zone: ZoneInfo

    @classmethod
    def of(cls, window: Mapping[Any, Any]) -> Self:
        """Return the series of a window by its `starts_at` and `ends_at` of the first, `rrule` and `timezone`.

        Raises Invalid naming the field.
        """
        first = Occurrence(window["starts_at"], window["ends_at"])
        zone = _zone(window["timezone"])
        if window["rrule"] is None:
            return cls(first, None, zone)
        if not FIRST_YEAR <= first.starts_at.year < LAST_YEAR:
            raise Invalid("starts_at", f"Must be from {FIRST_YEAR} to {LAST_YEAR - 1} for a window that recurs.")
        local = first.starts_at.astimezone(zone).replace(tzinfo=None, microsecond=0)
        return cls(first, read_rule(window["rrule"], local, zone), zone)

    def __iter__(self) -> Iterator[Occurrence]:
        """Yield all occurrences in order."""
        yield self.first
        last, length = self.first.starts_at, self.first.ends_at - self.first.starts_at
        for local in takewhile(lambda local: local.year < LAST_YEAR, self.rule or ()):
            # A local time in a gap has the zone's offset before it, so that it becomes one after the gap.
            at = local.replace(tzinfo=self.zone, microsecond=last.microsecond).astimezone(UTC)
            if at > last:
                yield Occurrence(at, at + length)
                last = at

    def remaining(self, now: datetime) -> Iterator[Occurrence]:
        """Yield the occurrences that have not ended."""
        return (one for one in self if one.ends_at > now)

    def position(self, now: datetime, after: datetime | None = None) -> Position:
        """Return where the series is at a time, among the occurrences that begin after `after`."""
        last, occurrences = self.first, iter(self)
        for one in occurrences:
            last = one
            if one.ends_at > now and (after is None or one.starts_at > after):
                following = next(occurrences, None)
                return Position(one, following.starts_at if following else None)
        return Position(last, None)

    def check(self) -> None:
        """Raise Invalid for `rrule` if it recurs too often, or one occurrence begins before the one before it ends."""
        for one, other in pairwise(islice(takewhile(self._is_soon, self), CHECKED)):
            if other.starts_at - one.starts_at < SHORTEST_INTERVAL:
                raise Invalid("rrule", "A window may recur once an hour at most: use FREQ=HOURLY or less often.")
            if other.starts_at < one.ends_at:
                local = other.starts_at.astimezone(self.zone).isoformat(timespec="minutes")
                raise Invalid(
                    "rrule",
                    f"The occurrence of {local} begins before the one before it ends:"
                    " make the window shorter, or let it recur less often.",
                )

    def _is_soon(self, one: Occurrence) -> bool:
        return one.starts_at - self.first.starts_at < CHECKED_FOR


def _zone(name: str | None) -> ZoneInfo:
    if name is not None and not is_timezone(name):
        raise Invalid("timezone", "Must be an IANA time zone, such as Asia/Shanghai.")
    return ZoneInfo(name or "UTC")
