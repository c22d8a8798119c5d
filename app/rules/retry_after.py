"""Reads when a server wants the next request (RFC 9110, `Retry-After`)."""

import re
from email.utils import parsedate_to_datetime

from app import clock

LONGEST_S = 3600.0
"""A server that asks for more is asked again after an hour: it may have set the header by mistake."""
SECONDS = re.compile(r"[0-9]{1,9}")


def retry_after_s(header: str | None) -> float | None:
    """Return the seconds that a server asks to wait, at most an hour; None if it does not say."""
    text = (header or "").strip()
    if SECONDS.fullmatch(text):
        return min(float(text), LONGEST_S)
    try:
        moment = parsedate_to_datetime(text)
        left_s = (moment - clock.now()).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None  # an invalid date, or one without a time zone
    return min(max(left_s, 0.0), LONGEST_S)
