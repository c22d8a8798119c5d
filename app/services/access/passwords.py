"""Passwords as Argon2id hashes: one at a time, since each takes 64 MiB and every processor that there is."""

import secrets
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import HashingError, InvalidHashError, VerificationError, VerifyMismatchError

from app.errors import Overloaded

MAX_WAITING_LOGINS = 8
"""How many may hash or wait for it in one process: whoever waits keeps a thread that others need."""
PATIENCE_S = 5.0

_hasher = PasswordHasher()
_places = threading.BoundedSemaphore(MAX_WAITING_LOGINS)
_hashing = threading.Lock()


def _make_up_hash() -> str:
    """Return what looks like a hash, at no cost: making a real one takes 64 MB, and time at each start."""
    cost = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    salt, digest = (b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32))
    return f"$argon2id$v=19${cost}${salt}${digest}"


NOBODYS_HASH = _make_up_hash()
"""Verified for unknown users, so that their refusal takes as long as that of a wrong password."""


@contextmanager
def hashing_slot() -> Iterator[None]:
    """Let one thread in at a time. Raises Overloaded when many wait already, or when it was not its turn for long."""
    if not _places.acquire(blocking=False):
        raise Overloaded("too many passwords are being checked: try again in a moment")
    try:
        if not _hashing.acquire(timeout=PATIENCE_S):
            raise Overloaded("checking passwords takes too long: try again in a moment")
        try:
            yield
        finally:
            _hashing.release()
    finally:
        _places.release()


def hash_password(password: str) -> str:
    """Return the hash of a password. Raises Overloaded, also when there is no memory for it."""
    with hashing_slot():
        try:
            return _hasher.hash(password)
        except (HashingError, MemoryError) as error:
            raise Overloaded("not enough memory to check passwords: try again in a moment") from error


def is_right(password_hash: str, password: str) -> bool:
    """Tell whether the hash is that of the password; for who has the turn. Raises Overloaded without the memory."""
    try:
        return _hasher.verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
    except (VerificationError, MemoryError) as error:
        # Not a wrong password: Argon2 had no memory, or no threads.
        raise Overloaded("not enough memory to check passwords: try again in a moment") from error
