"""The times of cron expressions, also where the clocks change."""

from datetime import UTC, datetime, timedelta
from itertools import takewhile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import Invalid
from app.rules.cron import next_time, times_before


def times(cron: str, timezone: str, after: str, count: int) -> list[str]:
    moment, found = datetime.fromisoformat(after), []
    for _ in range(count):
        moment = next_time(cron, timezone, moment)
        found.append(f"{moment:%m-%dT%H:%M}Z")
    return found


@pytest.mark.parametrize(
    ("cron", "timezone", "after", "expected"),
    [
        ("*/5 * * * *", "UTC", "2026-01-31T12:01:00Z", ["01-31T12:05Z", "01-31T12:10Z"]),
        ("0 9 * * 1-5", "Asia/Shanghai", "2026-01-30T02:00:00Z", ["02-02T01:00Z", "02-03T01:00Z"]),
        # 02:30 does not exist on 2026-03-29 in Berlin, nor on 2026-03-08 in New York.
        ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", ["03-29T01:00Z", "03-30T00:30Z"]),
        ("30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", ["03-08T07:00Z", "03-09T06:30Z"]),
        # It exists twice on 2026-10-25 in Berlin, 01:30 does on 2026-11-01 in New York.
        ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", ["10-25T00:30Z", "10-26T01:30Z"]),
        ("30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", ["11-01T05:30Z", "11-02T06:30Z"]),
        ("*/30 * * * *", "Europe/Berlin", "2026-10-25T00:15:00Z", ["10-25T00:30Z", "10-25T01:00Z"]),
        # Looked at late, in the second of the two hours.
        ("30 2 * * *", "Europe/Berlin", "2026-10-25T01:10:00Z", ["10-26T01:30Z"]),
        ("0,30 2,3 * * *", "Europe/Berlin", "2026-10-25T01:10:00Z", ["10-25T02:00Z", "10-25T02:30Z"]),
        ("30 1 * * *", "America/New_York", "2026-11-01T06:10:00Z", ["11-02T06:30Z"]),
        # Several times in the gap are one time after it.
        ("0,30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", ["03-29T01:00Z", "03-30T00:00Z"]),
        ("0 2,3 * * *", "America/New_York", "2026-03-07T12:00:00Z", ["03-08T07:00Z", "03-09T06:00Z"]),
        # Half an hour is skipped on 2026-10-04 and repeated on 2026-04-05.
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", ["10-03T15:30Z", "10-04T15:15Z"]),
        ("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T12:00:00Z", ["04-04T14:45Z", "04-05T15:15Z"]),
    ],
)
def test_the_next_times(cron: str, timezone: str, after: str, expected: list[str]) -> None:
    assert times(cron, timezone, after, len(expected)) == expected


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    cron=st.sampled_from(["30 2 * * *", "*/20 2 * * *", "15,45 1-3 * * *", "0 */2 * * *", "59 * * * *", "5 0 * * 0"]),
    timezone=st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe", "UTC"]),
    after=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),
)
def test_the_next_time_is_always_to_come(cron: str, timezone: str, after: datetime) -> None:
    first = next_time(cron, timezone, after)
    assert after < first < next_time(cron, timezone, first)


@pytest.mark.parametrize(
    ("cron", "timezone", "field"),
    [
        ("", "UTC", "cron"),
        ("* * * *", "UTC", "cron"),
        ("* * * * * *", "UTC", "cron"),
        ("61 * * * *", "UTC", "cron"),
        ("0 0 30 2 *", "UTC", "cron"),
        ("一 * * * *", "UTC", "cron"),
        ("* * * * *", "Mars/Olympus", "timezone"),
        ("* * * * *", "../etc/passwd", "timezone"),
        ("* * * * *", "", "timezone"),
    ],
)
def test_what_is_no_schedule(cron: str, timezone: str, field: str) -> None:
    with pytest.raises(Invalid) as invalid:
        next_time(cron, timezone, datetime.fromisoformat("2026-01-31T12:00:00Z"))
    assert invalid.value.field == field


@pytest.mark.parametrize("timezone", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Shanghai"])
@pytest.mark.parametrize("cron", ["*/5 * * * *", "*/30 2 * * *", "0,30 2 * * *", "30 1 * * *", "0 9-17 * * 1-5"])
@pytest.mark.parametrize("start", [datetime(2026, 3, 6, tzinfo=UTC), datetime(2026, 10, 23, tzinfo=UTC)])
def test_backwards_they_are_the_same_times(start: datetime, cron: str, timezone: str) -> None:
    end, forwards = start + timedelta(days=25), [next_time(cron, timezone, start)]
    while (moment := next_time(cron, timezone, forwards[-1])) < end:
        forwards.append(moment)
    assert [*takewhile(lambda moment: moment > start, times_before(cron, timezone, end))] == forwards[::-1]


def test_an_expression_or_zone_that_is_no_longer_valid_has_no_times() -> None:
    assert [*times_before("0 0 30 2 *", "UTC", datetime(2026, 1, 1, tzinfo=UTC))] == []
    assert [*times_before("* * * * *", "Nowhere/City", datetime(2026, 1, 1, tzinfo=UTC))] == []
