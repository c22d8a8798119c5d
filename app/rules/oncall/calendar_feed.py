"""Writes shifts as a calendar in iCalendar's notation (RFC 5545), for calendars that subscribe to it."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from icalendar import Calendar, Event

from app.rules.oncall.shifts import Shift

REFRESHED_EVERY = timedelta(hours=1)


def written(rota_id: int, name: str, found: Iterable[Shift], usernames: Mapping[int, str], now: datetime) -> bytes:
    """Return the calendar of a rota's shifts.

    An event keeps its UID as long as a shift starts at its time, so that calendars move and rename it.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//nagare//on call//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESHED_EVERY, parameters={"value": "DURATION"})
    for shift in found:
        user_id = shift.holder.user_id
        if user_id is not None:
            calendar.add_component(_event(rota_id, name, usernames.get(user_id, str(user_id)), shift, now))
    return bytes(calendar.to_ical())


def _event(rota_id: int, name: str, username: str, shift: Shift, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"rota-{rota_id}-{shift.span.starts_at:%Y%m%dT%H%M%SZ}@nagare")
    event.add("dtstamp", now.replace(microsecond=0))
    event.add("dtstart", shift.span.starts_at)
    event.add("dtend", shift.span.ends_at)
    event.add("summary", f"{username} — {name}")
    event.add("transp", "TRANSPARENT")
    return event
