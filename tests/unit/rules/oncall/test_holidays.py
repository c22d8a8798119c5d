"""Calendars of holidays: what counts, and that none keeps a process busy."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.errors import Invalid
from app.rules.oncall.holidays import MAX_BYTES, MAX_EVENTS, Holidays, check
from app.rules.oncall.spans import Span

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


def calendar(*events: str) -> str:
    bodies = (f"BEGIN:VEVENT\nUID:{number}\n{event}\nEND:VEVENT\n" for number, event in enumerate(events))
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{''.join(bodies)}END:VCALENDAR\n"


def days(text: str, first: str, last: str) -> list[tuple[str, str]]:
    """Return the holidays of a span in local times."""
    wanted = Span(*(datetime.fromisoformat(each).replace(tzinfo=BERLIN) for each in (first, last)))
    found = Holidays(text, BERLIN).within(wanted)
    return [
        (f"{each[0].astimezone(BERLIN):%m-%d %H:%M}", f"{each[1].astimezone(BERLIN):%m-%d %H:%M}") for each in found
    ]


def test_whole_days_are_those_of_the_rotas_zone_and_recur() -> None:
    text = calendar("DTSTART;VALUE=DATE:20201225\nRRULE:FREQ=YEARLY", "DTSTART;VALUE=DATE:20201226\nRRULE:FREQ=YEARLY")
    assert check(text, BERLIN, NOW) == 2
    assert days(text, "2026-12-01", "2026-12-31") == [("12-25 00:00", "12-27 00:00")]
    assert days(text, "2040-12-01", "2040-12-31") == [("12-25 00:00", "12-27 00:00")]


def test_a_day_on_which_clocks_change_is_whole() -> None:
    text = calendar("DTSTART;VALUE=DATE:20260329")
    [(start, end)] = Holidays(text, BERLIN).within(Span(NOW - timedelta(days=365), NOW))
    assert end - start == timedelta(hours=23)


def test_exceptions_durations_and_times_with_a_zone() -> None:
    text = calendar(
        "DTSTART;VALUE=DATE:20261224\nDURATION:P3D",
        "DTSTART;TZID=Asia/Shanghai:20261203T080000\nDTEND;TZID=Asia/Shanghai:20261203T100000",
        "DTSTART;VALUE=DATE:20261207\nRRULE:FREQ=WEEKLY;COUNT=3\nEXDATE;VALUE=DATE:20261214",
    )
    assert check(text, BERLIN, NOW) == 3
    assert days(text, "2026-12-01", "2026-12-31") == [
        ("12-03 01:00", "12-03 03:00"),
        ("12-07 00:00", "12-08 00:00"),
        ("12-21 00:00", "12-22 00:00"),
        ("12-24 00:00", "12-27 00:00"),
    ]


ENDLESS = "BEGIN:STANDARD\nDTSTART:19700101T000000\nRRULE:FREQ=SECONDLY\nEND:STANDARD\n"
ZONE = f"BEGIN:VTIMEZONE\nTZID:Mine\n{ENDLESS}END:VTIMEZONE\n"


def test_definitions_of_zones_are_left_out() -> None:
    text = calendar("DTSTART;VALUE=DATE:20261224").replace("VERSION:2.0\n", f"VERSION:2.0\n{ZONE}")
    assert check(text, BERLIN, NOW) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "iCalendar"),
        ("Christmas", "iCalendar"),
        ("BEGIN:VEVENT\nEND:VEVENT\n", "no VCALENDAR"),
        ("BEGIN:VCALENDAR\nEND:VCALENDAR\n", "no event"),
        (calendar("SUMMARY:x"), "DTSTART"),
        (calendar("DTSTART:soon"), "DTSTART"),
        (calendar("DTSTART;VALUE=DATE:16001224"), "1970"),
        (calendar("DTSTART;VALUE=DATE:20261224\nRRULE:FREQ=SOMETIMES"), "RRULE"),
        (calendar("DTSTART:20261224T000000\nRRULE:FREQ=SECONDLY"), "FREQ"),
        (calendar("DTSTART;VALUE=DATE:20261224\nRRULE:FREQ=DAILY;BYHOUR=1,2,3"), "hours"),
        (calendar("DTSTART;VALUE=DATE:20261224\nRRULE:FREQ=DAILY;INTERVAL=0"), "INTERVAL"),
        (calendar("DTSTART;VALUE=DATE:20261224\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"), "counts days"),
        (calendar("DTSTART;VALUE=DATE:20261101\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), "never"),
        (calendar(*["DTSTART;VALUE=DATE:19700101\nRRULE:FREQ=DAILY"] * 2), "20,000"),
        (calendar(*["DTSTART;VALUE=DATE:20261224"] * (MAX_EVENTS + 1)), "10,000"),
        (calendar(f"DTSTART;VALUE=DATE:20261224\nSUMMARY:{'x' * MAX_BYTES}"), "1,000,000"),
        (calendar("DTSTART;VALUE=DATE:20261224") + "\0", "NUL"),
    ],
)
def test_what_is_wrong_is_told(text: str, told: str) -> None:
    with pytest.raises(Invalid, match=told) as refused:
        check(text, BERLIN, NOW)
    assert refused.value.field == "calendar"
