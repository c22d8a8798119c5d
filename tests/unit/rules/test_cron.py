"""The times of cron expressions, also where the clocks change."""

from datetime import datetime

import pytest

from app.errors import Invalid
from app.rules.cron import next_time


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
    ],
)
def test_the_next_times(cron: str, timezone: str, after: str, expected: list[str]) -> None:
    assert times(cron, timezone, after, len(expected)) == expected


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
