"""The time seam: everything that asks for the time asks here, so that a test can move it."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """Return the present moment in UTC, with its time zone."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Return seconds of a clock that never jumps; for durations, leases and deadlines."""
    return time.monotonic()


def sleep(seconds: float) -> None:
    """Wait."""
    time.sleep(seconds)
