"""Throttles password guessing without locking out an account's owner or revealing which names exist."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from app import clock
from app.errors import TooManyRequests
from app.store.access import login_throttle

FREE_PER_NETWORK = 5
FREE_ELSEWHERE = 20
LONGEST_BLOCK_S = 300
FORGOTTEN_AFTER = timedelta(hours=1)
LOOK_EVERY = timedelta(seconds=1)
MAX_COUNTERS = 10_000
"""Invented names create counters: beyond this number, those with the fewest failures are deleted."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in attempt: the claimed user name and the client's address.

    It has three counters. One for this account at this address: a stranger's guesses do not lock the owner out. One for
    this address over all accounts: against one password tried on many names. One for this account over all addresses:
    against guesses from many machines. If one of the last two blocks, one password a second is still checked for the
    address, whatever the name; it succeeds only for a user who has signed in from there before, so that owners can sign
    in during an attack. All other attempts get the same response in the same time, so that it does not reveal whether a
    name exists.
    """

    username: str
    network: str

    @property
    def pair(self) -> str:
        """The counter of this account at this address."""
        return _subject("pair", self.username, self.network)

    @property
    def free(self) -> Mapping[str, int]:
        """The counters of this attempt, each with its number of free failures."""
        account, network = _subject("account", self.username, ""), _subject("place", "", self.network)
        return {self.pair: FREE_PER_NETWORK, network: FREE_ELSEWHERE, account: FREE_ELSEWHERE}

    @property
    def look(self) -> str:
        """The counter that still lets the address have a password checked at intervals when the others block."""
        return _subject("look", "", self.network)


@dataclass(frozen=True, slots=True)
class Counted:
    """An attempt that was counted as a failure in advance; it is uncounted if it succeeds."""

    attempt: Attempt
    blocks: Mapping[str, datetime | None]
    """The counters it was counted in, each with the end of the block that it caused."""
    wait_s: int | None
    """How long to wait, for users who never signed in from there; None for a free attempt."""


def refuse_blocked(connection: Connection, attempt: Attempt) -> None:
    """Raise TooManyRequests if the attempt would not be counted: rejecting it here writes nothing."""
    now = clock.now()
    blocked = login_throttle.blocked(connection, [*attempt.free, attempt.look], now)
    until = {subject: end for subject, end in blocked.items() if subject != attempt.look}
    if attempt.pair in blocked or (until and attempt.look in blocked):
        raise must_wait(_wait_s(until, now))


def count(connection: Connection, attempt: Attempt) -> Counted:
    """Count an attempt as failed. Each failure beyond the free ones doubles the block.

    Raises TooManyRequests; the caller must then roll the transaction back.
    """
    now = clock.now()
    rows = login_throttle.add_failures(connection, [*attempt.free], now, unless_before=now - FORGOTTEN_AFTER)
    until = {subject: end for subject, _, end in rows if end is not None and end > now}
    wait_s = _wait_s(until, now) if until else None
    if wait_s is not None and (
        attempt.pair in until or not login_throttle.take_free(connection, attempt.look, now, now + LOOK_EVERY)
    ):
        raise must_wait(wait_s)
    blocks: dict[str, datetime | None] = {}
    for subject, failures, _ in rows:
        if subject not in until:
            blocks[subject] = _block_if_many(connection, subject, failures - attempt.free[subject], now)
    if any(failures == 1 for _, failures, _ in rows):
        login_throttle.trim(connection, MAX_COUNTERS)
    return Counted(attempt, blocks, wait_s)


def forget(connection: Connection, counted: Counted) -> None:
    """Delete the failures of this account at this address; others from there, and those elsewhere, still count."""
    # In the order in which they are counted, here and below, or two attempts could deadlock.
    for subject in sorted(counted.blocks):
        if subject == counted.attempt.pair:
            login_throttle.clear(connection, subject)
        else:
            login_throttle.take_failure_back(connection, subject, counted.blocks[subject])


def give_back(connection: Connection, counted: Counted) -> None:
    """Uncount an attempt."""
    for subject in sorted(counted.blocks):
        login_throttle.take_failure_back(connection, subject, counted.blocks[subject])


def must_wait(wait_s: int) -> TooManyRequests:
    """Return the error for all attempts that are blocked."""
    return TooManyRequests("too many failed sign-ins: try again later", wait_s)


def _block_if_many(connection: Connection, subject: str, beyond: int, now: datetime) -> datetime | None:
    if beyond < 0:
        return None
    until = now + timedelta(seconds=min(LONGEST_BLOCK_S, 2 ** min(beyond, 16)))
    login_throttle.block(connection, subject, until)
    return until


def _wait_s(until: Mapping[str, datetime], now: datetime) -> int:
    return int((max(until.values()) - now).total_seconds()) + 1


def _subject(kind: str, username: str, network: str) -> str:
    return hashlib.sha256("\0".join((kind, username, network)).encode(errors="replace")).hexdigest()
