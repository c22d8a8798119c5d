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
    """Do what takes the lock, which another one may hold: look often whether it is free.

    SQLite's own wait sleeps longer each time, so that the lock lies idle while processes that want it sleep, and who
    waits behind one that takes it again and again may never find it free. Raises sqlite3.OperationalError when it was
    not free for `BUSY_TIMEOUT_S`.
    """
    give_up_at: float | None = None
    while True:
        try:
            return take(*arguments)
        except sqlite3.OperationalError as error:
            # The lowest byte is the kind; busy is also who meets another one that repairs the file after a crash.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            give_up_at = give_up_at or clock.monotonic() + BUSY_TIMEOUT_S
            if clock.monotonic() > give_up_at:
                raise
        clock.sleep(random.uniform(0, BUSY_LOOK_S))
