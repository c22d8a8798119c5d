"""The codes by which people show that an account in a chat is their own; none is stored."""

import hmac
from base64 import b32encode
from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256

from app.enums import ChannelKind

VALID_FOR = timedelta(minutes=15)
LENGTH = 10
"""Of letters and digits: 50 bits, so that nobody guesses one while it is valid."""


def code_of(secret_key: str, user_id: int, kind: ChannelKind, external_id: str, now: datetime) -> str:
    """Return the code for a user and an account at this time."""
    return next(_codes(secret_key, user_id, kind, external_id, now))


def is_code(typed: str, secret_key: str, user_id: int, kind: ChannelKind, external_id: str, now: datetime) -> bool:
    """Return whether this code was valid within the last 15 minutes."""
    given = "".join(typed.split()).upper().encode(errors="replace")
    matches = [
        hmac.compare_digest(given, code.encode()) for code in _codes(secret_key, user_id, kind, external_id, now)
    ]
    return any(matches)


def _codes(secret_key: str, user_id: int, kind: ChannelKind, external_id: str, now: datetime) -> Iterator[str]:
    """Yield the code of this quarter of an hour, and of the one before."""
    quarter = int(now.timestamp() // VALID_FOR.total_seconds())
    for each in (quarter, quarter - 1):
        about = "\0".join(("nagare chat account", str(user_id), kind, external_id, str(each)))
        digest = hmac.new(secret_key.encode(), about.encode(), sha256).digest()
        yield b32encode(digest).decode()[:LENGTH]
