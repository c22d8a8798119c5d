"""The only source of time, so that tests can move it."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """Return the current time in UTC, with its time zone."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Return seconds of a monotonic clock, for durations, leases and deadlines."""
    return time.monotonic()


def sleep(seconds: float) -> None:
    """Wait."""
    time.sleep(seconds)
