"""Throttles password guessing without locking out the owner of an account or revealing which names exist."""

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
"""Invented names create counters: beyond this number the least significant ones are deleted."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in attempt for a name from an address.

    It is counted for one account from one network, so that a stranger who guesses does not lock the owner out; for one
    network over all accounts, against a password that is tried on many names; and for one account over all networks,
    against guesses from many machines. When one of the last two is blocked, the network still has one password a second
    checked, whatever the name: this lets owners who signed in from there before come in whoever else is guessing. All
    others are rejected alike, with the same message and in the same time, so that no response reveals whether a name
    exists.
    """

    username: str
    network: str

    @property
    def pair(self) -> str:
        """The counter of this account from this network."""
        return _subject("pair", self.username, self.network)

    @property
    def free(self) -> Mapping[str, int]:
        """The counters of this attempt, each with its number of free failures."""
        account, network = _subject("account", self.username, ""), _subject("place", "", self.network)
        return {self.pair: FREE_PER_NETWORK, network: FREE_ELSEWHERE, account: FREE_ELSEWHERE}

    @property
    def look(self) -> str:
        """The counter that lets one password of the network be checked now and then when nothing else is free."""
        return _subject("look", "", self.network)


@dataclass(frozen=True, slots=True)
class Counted:
    """An attempt that was counted as a failure; it is uncounted on success."""

    attempt: Attempt
    blocks: Mapping[str, datetime | None]
    """The counters, each with the end of the block that the attempt caused."""
    wait_s: int | None
    """How long to wait if the user never signed in from there; None for a free attempt."""


def refuse_blocked(connection: Connection, attempt: Attempt) -> None:
    """Raise TooManyRequests when the attempt would not be counted: rejecting it then writes nothing."""
    now = clock.now()
    blocked = login_throttle.blocked(connection, [*attempt.free, attempt.look], now)
    until = {subject: end for subject, end in blocked.items() if subject != attempt.look}
    if attempt.pair in blocked or (until and attempt.look in blocked):
        raise must_wait(_wait_s(until, now))


def count(connection: Connection, attempt: Attempt) -> Counted:
    """Count an attempt as failed. Failures beyond the free ones block for twice as long each time.

    Raises TooManyRequests; then the transaction must be rolled back.
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
    """Reset the failures of this account from this network; those of others there and elsewhere still count."""
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
    """Return the error of all throttled attempts."""
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
