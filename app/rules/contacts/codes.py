"""The codes by which people show that an address is their own."""

import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

DIGITS = 6
VALID_FOR = timedelta(minutes=15)
MAX_FAILURES = 5
"""Wrong tries after which a code is void: with a new one a minute at most, guessing takes weeks."""
AGAIN_AFTER = timedelta(minutes=1)


def new_code() -> str:
    """Return a code of six digits that nobody can foresee."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"


def is_same(typed: str, code: str) -> bool:
    """Return whether a code was typed right; spaces in it do not count."""
    return hmac.compare_digest("".join(typed.split()).encode(), code.encode())


def expires_at(channel: Mapping[Any, Any]) -> datetime | None:
    """Return until when a channel's code is valid; None for a channel without a code, or one whose code is void."""
    if channel["code_sent_at"] is None or channel["verified_at"] is not None:
        return None
    return None if channel["code_failures"] >= MAX_FAILURES else channel["code_sent_at"] + VALID_FOR


def is_valid(channel: Mapping[Any, Any], now: datetime) -> bool:
    """Return whether a channel's code can be typed now."""
    until = expires_at(channel)
    return until is not None and now < until


def wait_s(channel: Mapping[Any, Any], now: datetime) -> int:
    """Return after how many seconds the next code may be sent; 0 for at once."""
    sent_at = channel["code_sent_at"]
    left_s = 0.0 if sent_at is None else (sent_at + AGAIN_AFTER - now).total_seconds()
    return max(0, -int(-left_s // 1))
