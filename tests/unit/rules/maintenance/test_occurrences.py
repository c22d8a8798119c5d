"""When windows recur: in local time, over changes of the clocks, and which rules are refused."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest

from app.errors import Invalid
from app.rules.maintenance.occurrences import Series

START = datetime(2026, 1, 31, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def series(rrule: str | None, starts_at: datetime = START, length: timedelta = HOUR, zone: str | None = None) -> Series:
    times: dict[str, Any] = {"starts_at": starts_at, "ends_at": starts_at + length, "rrule": rrule, "timezone": zone}
    made = Series.of(times)
    made.check()
    return made


def starts(made: Series, count: int = 4) -> list[str]:
    return [f"{one.starts_at:%Y-%m-%dT%H:%M}" for one in islice(made, count)]


@pytest.mark.parametrize(
    ("rrule", "expected"),
    [
        (None, ["2026-01-31T12:00"]),
        ("FREQ=DAILY;COUNT=2", ["2026-01-31T12:00", "2026-02-01T12:00"]),
        ("FREQ=WEEKLY;BYDAY=SA,SU", ["2026-01-31T12:00", "2026-02-01T12:00", "2026-02-07T12:00", "2026-02-08T12:00"]),
        ("FREQ=MONTHLY", ["2026-01-31T12:00", "2026-03-31T12:00", "2026-05-31T12:00", "2026-07-31T12:00"]),
        ("FREQ=MONTHLY;BYDAY=-1SA", ["2026-01-31T12:00", "2026-02-28T12:00", "2026-03-28T12:00", "2026-04-25T12:00"]),
        ("FREQ=DAILY;UNTIL=20260202", ["2026-01-31T12:00", "2026-02-01T12:00", "2026-02-02T12:00"]),
        ("FREQ=DAILY;UNTIL=20260202T115959Z", ["2026-01-31T12:00", "2026-02-01T12:00"]),
        ("FREQ=HOURLY;INTERVAL=6;COUNT=3", ["2026-01-31T12:00", "2026-01-31T18:00", "2026-02-01T00:00"]),
    ],
)
def test_a_rule_begins_with_the_first_occurrence(rrule: str | None, expected: list[str]) -> None:
    assert starts(series(rrule)) == expected


def test_every_occurrence_is_as_long_as_the_first_and_begins_at_the_same_local_time() -> None:
    made = series("FREQ=DAILY", datetime(2026, 10, 23, 0, 30, 0, 5, UTC), 3 * HOUR, "Europe/Berlin")
    assert starts(made) == ["2026-10-23T00:30", "2026-10-24T00:30", "2026-10-25T00:30", "2026-10-26T01:30"]
    assert {one.ends_at - one.starts_at for one in islice(made, 9)} == {3 * HOUR}
    assert {one.starts_at.microsecond for one in islice(made, 9)} == {5}


def test_a_local_time_that_a_clock_change_skips_moves_forward_and_one_that_it_repeats_counts_once() -> None:
    spring = series("FREQ=DAILY", datetime(2026, 3, 28, 1, 30, tzinfo=UTC), HOUR, "Europe/Berlin")
    # 02:30 does not exist on the 29th: it is 03:30.
    assert starts(spring, 3) == ["2026-03-28T01:30", "2026-03-29T01:30", "2026-03-30T00:30"]
    hourly = series("FREQ=HOURLY", datetime(2026, 3, 29, 0, 0, tzinfo=UTC), HOUR, "Europe/Berlin")
    assert starts(hourly, 3) == ["2026-03-29T00:00", "2026-03-29T01:00", "2026-03-29T02:00"]


def test_the_first_occurrence_may_be_in_the_second_of_two_repeated_hours() -> None:
    made = series("FREQ=DAILY", datetime(2026, 10, 25, 1, 30, tzinfo=UTC), HOUR, "Europe/Berlin")
    assert starts(made, 2) == ["2026-10-25T01:30", "2026-10-26T01:30"]


@pytest.mark.parametrize(
    ("rrule", "words"),
    [
        ("sometimes", "is not a part"),
        ("", "is not a part"),
        ("INTERVAL=2", "FREQ is missing"),
        ("FREQ=DAILY;FREQ=WEEKLY", "twice"),
        ("FREQ=FORTNIGHTLY", "FREQ cannot be"),
        ("DTSTART:20260131T120000Z\nRRULE:FREQ=DAILY", "without dates"),
        ("FREQ=DAILY;DTSTART=20260131", "without dates"),
        ("FREQ=DAILY;UNTIL=20260130", "UNTIL is before starts_at"),
        ("FREQ=DAILY;UNTIL=20269999", "UNTIL must be"),
        ("FREQ=SECONDLY", "once an hour at most"),
        ("FREQ=MINUTELY;INTERVAL=120", "once an hour at most"),
        ("FREQ=DAILY;BYMINUTE=0,30", "once an hour at most"),
        ("FREQ=DAILY;COUNT=0", "COUNT must be at least 1"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20270101", "not both"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL must be"),
        ("FREQ=DAILY;BYHOUR=25", "Cannot be read"),
        ("FREQ=DAILY;BYEASTER=1", "is not a part"),
        ("FREQ=WEEKLY;BYDAY=1MO", "only with FREQ=MONTHLY"),
        ("FREQ=HOURLY;BYMONTHDAY=31", "takes no BYMONTHDAY"),
        ("FREQ=WEEKLY;BYDAY=MO", "starts_at is not one of its times"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "starts_at is not one of its times"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "starts_at is not one of its times"),
        ("FREQ=MONTHLY;BYDAY=SA;BYSETPOS=300", "starts_at is not one of its times"),
    ],
)
def test_a_rule_that_cannot_be_names_the_reason(rrule: str, words: str) -> None:
    with pytest.raises(Invalid, match=words) as refused:
        series(rrule)
    assert refused.value.field == "rrule"


@pytest.mark.parametrize("rrule", ["FREQ=DAILY;INTERVAL=997;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO", "FREQ=YEARLY;COUNT=1"])
def test_a_rule_without_a_second_time_ends(rrule: str) -> None:
    leap_monday = datetime(2044, 2, 29, 12, tzinfo=UTC)
    assert starts(series(rrule, leap_monday)) == ["2044-02-29T12:00"]


def test_occurrences_do_not_overlap_also_when_the_clocks_change() -> None:
    with pytest.raises(Invalid, match="2026-02-01T12:00"):
        series("FREQ=DAILY", length=timedelta(hours=25))
    with pytest.raises(Invalid, match="2026-03-29"):
        series("FREQ=DAILY", length=timedelta(hours=24), zone="Europe/Berlin")
    series("FREQ=DAILY", length=timedelta(hours=24), zone="Asia/Shanghai")


@pytest.mark.parametrize(
    ("starts_at", "zone", "field"),
    [
        (datetime(1969, 12, 31, tzinfo=UTC), None, "starts_at"),
        (datetime(9999, 12, 31, tzinfo=UTC), None, "starts_at"),
        (START, "Mars/Olympus", "timezone"),
        (START, "../../etc/passwd", "timezone"),
    ],
)
def test_what_else_is_refused(starts_at: datetime, zone: str | None, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        series("FREQ=DAILY", starts_at, zone=zone)
    assert refused.value.field == field


def test_the_position_is_what_is_in_effect_or_next_and_the_last_when_all_are_over() -> None:
    made = series("FREQ=DAILY;COUNT=3")
    day = timedelta(days=1)
    for now, begins, following in (
        (START - day, START, START + day),
        (START, START, START + day),
        (START + HOUR, START + day, START + 2 * day),
        (START + 2 * day, START + 2 * day, None),
        (START + 9 * day, START + 2 * day, None),
    ):
        place = made.position(now)
        assert (place.occurrence.starts_at, place.next_starts_at) == (begins, following), now
    ended_early = made.position(START, after=START)
    assert ended_early.occurrence.starts_at == START + day
