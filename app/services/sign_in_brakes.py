"""Brakes on guessing passwords that the owner of an account does not feel."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from app import clock
from app.errors import TooManyRequests
from app.store import throttles

FREE_AT_A_PLACE_OF_ITS_OWN = 5
FREE_ELSEWHERE = 20
LONGEST_BLOCK_S = 300
FORGOTTEN_AFTER = timedelta(hours=1)
MOST_COUNTERS = 10_000
"""Whoever makes up names makes up counters: beyond so many those that count least are forgotten."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody who says who they are, and from where."""

    username: str
    place: str
    is_known: bool
    """Whether this user signed in from there before."""


def refuse_blocked(connection: Connection, attempt: Attempt) -> None:
    """Raise TooManyRequests when too many attempts of this kind failed in a row."""
    now = clock.now()
    until = throttles.blocked_until(connection, [subject for subject, _ in _counters(attempt)])
    if until is not None and until > now:
        wait_s = int((until - now).total_seconds()) + 1
        raise TooManyRequests("too many failed sign-ins: try again later", wait_s)


def count_failure(connection: Connection, attempt: Attempt) -> None:
    """Count an attempt that failed. What is beyond the free ones blocks for twice as long each time."""
    now = clock.now()
    for subject, free in _counters(attempt):
        failures = throttles.add_failure(connection, subject, now, unless_before=now - FORGOTTEN_AFTER)
        if failures >= free:
            block_s = min(LONGEST_BLOCK_S, 2 ** min(failures - free, 16))
            throttles.block(connection, subject, now + timedelta(seconds=block_s))
    throttles.trim(connection, MOST_COUNTERS)


def forget(connection: Connection, attempt: Attempt) -> None:
    """Forget the failures of this account at this place; those of others there and elsewhere still count."""
    throttles.clear(connection, _subject("pair", attempt.username, attempt.place))


def _counters(attempt: Attempt) -> Sequence[tuple[str, int]]:
    """Return what to count an attempt for, each with the failures that are free.

    One account at one place: a stranger who guesses does not lock the owner out. One place over all accounts, against a
    password that is tried on many names; one account over all places, against guesses from many machines. The last two
    do not hold for a place where the account signed in before: the owner comes in there whoever else is guessing.
    """
    pair = (_subject("pair", attempt.username, attempt.place), FREE_AT_A_PLACE_OF_ITS_OWN)
    if attempt.is_known:
        return [pair]
    place = _subject("place", "", attempt.place)
    account = _subject("account", attempt.username, "")
    return [pair, (place, FREE_ELSEWHERE), (account, FREE_ELSEWHERE)]


def _subject(kind: str, username: str, place: str) -> str:
    return hashlib.sha256("\0".join((kind, username, place)).encode(errors="replace")).hexdigest()
