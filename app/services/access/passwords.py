"""Password hashes with Argon2id: one at a time, because each takes 64 MiB and all CPUs."""

import secrets
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import HashingError, InvalidHashError, VerificationError, VerifyMismatchError

from app.errors import Overloaded

MAX_WAITING_LOGINS = 8
"""How many threads may hash or wait for it in one process: a waiting thread is missing elsewhere."""
PATIENCE_S = 5.0

_hasher = PasswordHasher()
_places = threading.BoundedSemaphore(MAX_WAITING_LOGINS)
_hashing = threading.Lock()


def _make_up_hash() -> str:
    """Return a string that looks like a hash: a real one would cost 64 MiB and time at each start."""
    cost = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    salt, digest = (b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32))
    return f"$argon2id$v=19${cost}${salt}${digest}"


NOBODYS_HASH = _make_up_hash()
"""Verified for unknown users, so that their rejection takes as long as that of a wrong password."""


@contextmanager
def hashing_slot() -> Iterator[None]:
    """Admit one thread at a time. Raises Overloaded when many are waiting, or after a long wait."""
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
    """Return the hash of a password. Raises Overloaded, also without enough memory."""
    with hashing_slot():
        try:
            return _hasher.hash(password)
        except (HashingError, MemoryError) as error:
            raise Overloaded("not enough memory to check passwords: try again in a moment") from error


def is_right(password_hash: str, password: str) -> bool:
    """Return whether the hash matches the password; only for the admitted thread. Raises Overloaded without enough
    memory."""
    try:
        return _hasher.verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
    except (VerificationError, MemoryError) as error:
        # Not a wrong password: Argon2 had no memory or no threads.
        raise Overloaded("not enough memory to check passwords: try again in a moment") from error
