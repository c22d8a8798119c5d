"""Reads the times that monitoring systems write."""

import re
from datetime import UTC, datetime

MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)", re.ASCII | re.IGNORECASE)


def read_time(text: str) -> datetime | None:
    """Return an RFC 3339 time in UTC; fractions beyond microseconds are cut off. Raises ValueError.

    An empty text and a time in year 1, the zero value of Go's programs, are no time.
    """
    if not text:
        return None
    try:
        if not MOMENT.fullmatch(text):
            raise ValueError
        moment = datetime.fromisoformat(text.upper())
        return None if moment.year == 1 else moment.astimezone(UTC)
    # OverflowError: a time in year 9999 that in UTC is in year 10000.
    except (ValueError, OverflowError):
        raise ValueError("Must be a time like 2026-01-31T12:00:00Z.") from None
