"""Holidays from a calendar in iCalendar's notation (RFC 5545)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice, takewhile
from typing import Any
from zoneinfo import ZoneInfo

import recurring_ical_events
from dateutil.rrule import rrulestr
from icalendar import Calendar, Event, vRecur

from app.errors import Invalid
from app.rules.oncall.layers import FIRST_YEAR, LAST_YEAR
from app.rules.oncall.spans import Span, merged
from app.rules.oncall.turns import instant_of

FIELD = "calendar"
MAX_BYTES = 1_000_000
MAX_EVENTS = 10_000
MAX_RECURRING = 1000
MAX_OCCURRENCES = 20_000
"""How often all events may occur, from their first times until two years from now."""
HORIZON = timedelta(days=731)
ZONES = re.compile(r"^BEGIN:VTIMEZONE\r?$.*?^END:VTIMEZONE\r?$\n?", re.DOTALL | re.IGNORECASE | re.MULTILINE)
"""Definitions of zones are ignored: all that is needed of a zone is its name, and rules in them can take hours."""
UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What the libraries raise for what they do not understand."""
FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY")
TOO_FINE = ("BYHOUR", "BYMINUTE", "BYSECOND")
COUNTED_DAYS = ("BYSETPOS", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYEASTER")
"""With a day or a week as frequency, these can make a rule that is searched for until the year 9999."""
MARGIN = timedelta(days=2)
"""Days of a zone start and end up to a day before and after those of UTC."""


@dataclass(frozen=True, slots=True)
class Holidays:
    """The holidays of a rota. Whole days are those of the rota's zone."""

    text: str | None
    zone: ZoneInfo

    def within(self, wanted: Span) -> list[Span]:
        """Return the holidays that overlap a span; none where the calendar cannot be evaluated.

        It was checked when it was stored. If it fails years later, somebody is paged on a holiday; an error here would
        leave everybody unpaged.
        """
        try:
            return self.evaluated(wanted) if self.text else []
        except UNREADABLE:
            return []

    def evaluated(self, wanted: Span) -> list[Span]:
        """Return the holidays that overlap a span. Raises one of UNREADABLE."""
        start, end = wanted.starts_at - MARGIN, wanted.ends_at + MARGIN
        return merged(self._span(event) for event in _query(self.text or "").between(start, end))

    def _span(self, event: Event) -> Span:
        return Span(self._instant(event.start), self._instant(event.end))

    def _instant(self, at: date | datetime) -> datetime:
        if not isinstance(at, datetime):
            return instant_of(datetime.combine(at, time()), self.zone)
        return at.astimezone(UTC) if at.tzinfo else instant_of(at, self.zone)


def check(text: str, zone: ZoneInfo, now: datetime) -> int:
    """Return how many events a calendar has.

    Raises Invalid for `calendar` if it is no calendar, has too many events, or occurs more often than holidays do.
    """
    if len(text.encode()) > MAX_BYTES:
        raise Invalid(FIELD, f"Must have at most {MAX_BYTES:,} bytes.")
    if "\0" in text:
        raise Invalid(FIELD, "Must not contain a NUL character.")
    events = _events(text)
    if not events:
        raise Invalid(FIELD, "Has no event: send an empty calendar to have no holidays.")
    if len(events) > MAX_EVENTS:
        raise Invalid(FIELD, f"Must have at most {MAX_EVENTS:,} events.")
    if sum("RRULE" in event for event in events) > MAX_RECURRING:
        raise Invalid(FIELD, f"Must have at most {MAX_RECURRING:,} events that recur.")
    left = MAX_OCCURRENCES
    for event in events:
        left -= _occurrences(event, now + HORIZON, left)
    try:
        Holidays(text, zone).evaluated(Span(now - HORIZON, now + HORIZON))
    except UNREADABLE as error:
        raise Invalid(FIELD, f"Has an event that cannot be evaluated: {_line(error)}") from None
    return len(events)


@lru_cache(maxsize=16)
def _query(text: str) -> Any:
    """Return a parsed calendar. Parsing one of a megabyte takes seconds, and each page asks who is on call."""
    return recurring_ical_events.of(_parsed(text), components=["VEVENT"])


def _parsed(text: str) -> Calendar:
    calendar = Calendar.from_ical(ZONES.sub("", text))
    if not isinstance(calendar, Calendar):
        raise ValueError("it is no VCALENDAR")
    return calendar


def _events(text: str) -> Sequence[Event]:
    try:
        return [event for event in _parsed(text).walk("VEVENT") if isinstance(event, Event)]
    except UNREADABLE as error:
        raise Invalid(FIELD, f"Is not a calendar in iCalendar's notation (RFC 5545): {_line(error)}") from None


def _occurrences(event: Event, until: datetime, at_most: int) -> int:
    """Return how often an event occurs until a time. Raises Invalid if it never does, or more often than allowed."""
    what = f"The event {str(event.get('SUMMARY', 'without a name'))[:100]!r}"
    if event.errors:
        raise Invalid(FIELD, f"{what} has an invalid {event.errors[0][0]}: {event.errors[0][1]}"[:500])
    try:
        start = event.start
    except UNREADABLE as error:
        raise Invalid(FIELD, f"{what} has no valid DTSTART: {_line(error)}") from None
    if not FIRST_YEAR <= start.year <= LAST_YEAR:
        raise Invalid(FIELD, f"{what} must start between the years {FIRST_YEAR} and {LAST_YEAR}.")
    count = max(1, sum(len(each.dts) for each in _listed(event.get("RDATE"))))
    for rule in _listed(event.get("RRULE")):
        count += _recurrences(what, rule, start, until, at_most - count)
    if count > at_most:
        raise Invalid(FIELD, f"{what} is one too many: events may occur {MAX_OCCURRENCES:,} times until {until:%Y}.")
    return count


def _recurrences(what: str, rule: vRecur, start: date | datetime, until: datetime, at_most: int) -> int:
    """Return how often a rule makes an event occur until a time, counted up to one more than allowed."""
    frequency = str(rule.get("FREQ", [""])[0]).upper()
    if frequency not in FREQUENCIES or any(name in rule for name in TOO_FINE):
        raise Invalid(
            FIELD, f"{what} has an RRULE that is none of holidays: FREQ must be DAILY or longer, without hours."
        )
    if frequency in ("DAILY", "WEEKLY") and any(name in rule for name in COUNTED_DAYS):
        raise Invalid(FIELD, f"{what} has an RRULE that counts days: use FREQ=MONTHLY or FREQ=YEARLY for it.")
    if any(each < 1 for each in rule.get("INTERVAL", [])):
        raise Invalid(FIELD, f"{what} has an RRULE whose INTERVAL is less than 1.")
    first = datetime.combine(start, start.time() if isinstance(start, datetime) else time())
    try:
        times = rrulestr(rule.to_ical().decode(), dtstart=first.replace(tzinfo=None), ignoretz=True)
        within = takewhile(lambda at: at < until.replace(tzinfo=None), times)
        count = sum(1 for _ in islice(within, max(0, at_most) + 1))
    except UNREADABLE as error:
        raise Invalid(FIELD, f"{what} has an RRULE that cannot be evaluated: {_line(error)}") from None
    if count == 0 and first < until.replace(tzinfo=None) and next(iter(times), None) is None:
        raise Invalid(FIELD, f"{what} has an RRULE that never matches a date.")
    return count


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
