"""Waits for SQLite's lock."""

import random
import sqlite3
from collections.abc import Callable
from typing import TypeVar

from app import clock

BUSY_TIMEOUT_S = 5.0
BUSY_LOOK_S = 0.002
Outcome = TypeVar("Outcome")


def retry_while_locked(take: Callable[..., Outcome], *arguments: object) -> Outcome:
    """Call `take`, which takes the lock, and retry at short intervals while another connection holds the lock.

    SQLite's own busy handler sleeps longer each time: the lock stays idle while waiting processes sleep, and a waiter
    may never get it from a process that takes it again and again. Raises sqlite3.OperationalError if the lock was not
    free for `BUSY_TIMEOUT_S`.
    """
    give_up_at: float | None = None
    while True:
        try:
            return take(*arguments)
        except sqlite3.OperationalError as error:
            # The lowest byte is the primary code; SQLITE_BUSY also occurs while another process recovers the file after
            # a crash.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            give_up_at = give_up_at or clock.monotonic() + BUSY_TIMEOUT_S
            if clock.monotonic() > give_up_at:
                raise
        clock.sleep(random.uniform(0, BUSY_LOOK_S))
