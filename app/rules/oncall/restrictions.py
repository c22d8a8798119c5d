"""The hours of the week in which a layer counts."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import WEEKLY, rrule
from dateutil.tz import datetime_exists

from app.rules.oncall.layers import DAYS, END_OF_DAY, Restriction
from app.rules.oncall.spans import Span
from app.rules.oncall.turns import instant_of

DAY = timedelta(days=1)
NOON = time(12)


def restricted(restrictions: Iterable[Restriction], zone: ZoneInfo, wanted: Span) -> Iterator[Span]:
    """Yield the times of restrictions that may overlap a span, in any order."""
    for restriction in restrictions:
        for day in _days(restriction, zone, wanted):
            yield _on_day(restriction, day, zone)


def _days(restriction: Restriction, zone: ZoneInfo, wanted: Span) -> Iterator[date]:
    """Yield the days on which a restriction starts. A day that its zone left out is none."""
    start, end = (each.astimezone(zone).replace(tzinfo=None) for each in wanted)
    # A restriction of the day before may pass midnight, and the day between may be one that the zone left out.
    first = datetime.combine(start - 2 * DAY, time())
    for day in rrule(WEEKLY, dtstart=first, until=end, byweekday=[DAYS[each] for each in restriction.days]):
        if datetime_exists(datetime.combine(day, NOON), zone):
            yield day.date()


def _on_day(restriction: Restriction, day: date, zone: ZoneInfo) -> Span:
    is_whole = restriction.until == END_OF_DAY
    start, until = time.fromisoformat(restriction.start), time() if is_whole else time.fromisoformat(restriction.until)
    end = datetime.combine(day + DAY if until <= start else day, until)
    return Span(instant_of(datetime.combine(day, start), zone), instant_of(end, zone))
