"""Hashes passwords with Argon2id: one at a time, since each hash takes 64 MiB and all processors."""

import secrets
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import HashingError, InvalidHashError, VerificationError, VerifyMismatchError

from app.errors import Overloaded

MAX_WAITING_LOGINS = 8
"""How many threads per process may hash or wait: each occupies a thread that other requests need."""
PATIENCE_S = 5.0

_hasher = PasswordHasher()
_places = threading.BoundedSemaphore(MAX_WAITING_LOGINS)
_hashing = threading.Lock()


def _fake_hash() -> str:
    """Return a fake hash without computing it: a real one takes 64 MB, and time at each start."""
    cost = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    salt, digest = (b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32))
    return f"$argon2id$v=19${cost}${salt}${digest}"


DUMMY_HASH = _fake_hash()
"""Verified for unknown users, so that their rejection takes as long as a wrong password."""


@contextmanager
def hashing_slot() -> Iterator[None]:
    """Admit one thread at a time. Raises Overloaded if too many wait already, or after a long wait."""
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
    """Return whether the password matches the hash; call it in a hashing slot. Raises Overloaded without memory."""
    try:
        return _hasher.verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
    except (VerificationError, MemoryError) as error:
        # Not a wrong password: Argon2 had no memory or no threads.
        raise Overloaded("not enough memory to check passwords: try again in a moment") from error
