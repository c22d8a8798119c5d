"""The times of monitoring systems: with nanoseconds and offsets, or none at all."""

from datetime import UTC, datetime

import pytest

from app.rules.alerts.source_times import read_time


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-28T10:00:00Z", datetime(2026, 11, 28, 10, tzinfo=UTC)),
        ("2026-11-28T10:00:00.123456789Z", datetime(2026, 11, 28, 10, 0, 0, 123456, UTC)),
        ("2026-11-28T18:00:00.5+08:00", datetime(2026, 11, 28, 10, 0, 0, 500000, UTC)),
        ("2026-11-28 10:00:00z", datetime(2026, 11, 28, 10, tzinfo=UTC)),
        ("2026-11-28T18:00:00+0800", datetime(2026, 11, 28, 10, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+08:00", None),
        ("", None),
    ],
)
def test_a_time_is_read_in_utc(text: str, moment: datetime | None) -> None:
    assert read_time(text) == moment


@pytest.mark.parametrize(
    "text",
    ["yesterday", "2026-11-28", "20261128", "2026-11-28T10:00:00", "2026-13-01T00:00:00Z", "9999-12-31T23:59:59-01:00"],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"a time like 2026-01-31T12:00:00Z"):
        read_time(text)
