"""Who may come in: sign-ins, their sessions, and brakes on guessing."""

import secrets
import uuid
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import RowMapping

from app import clock
from app.errors import NotFound, TooManyRequests, Unauthorized
from app.services.together import Together
from app.store import users
from app.store.engine import Database

ACCESS_TOKEN_S = 900
REFRESH_TOKEN_S = 30 * 86400
FREE_FAILURES = 5
LONGEST_BLOCK_S = 300

_hasher = PasswordHasher()


def _make_up_hash() -> str:
    """Return what looks like a hash, at no cost: making a real one takes 64 MB, and time at each start."""
    cost = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    salt, digest = (b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32))
    return f"$argon2id$v=19${cost}${salt}${digest}"


# Verified for unknown users, so that their refusal takes as long as that of a wrong password.
_NOBODYS_HASH = _make_up_hash()


def hash_password(password: str) -> str:
    """Return the Argon2id hash of a password."""
    return _hasher.hash(password)


@dataclass(frozen=True, slots=True)
class SignIn:
    """A user who has just signed in; the tokens carry `session_id`."""

    user: Mapping[Any, Any]
    session_id: str
    refresh_jti: str | None
    """None for a session that cannot be refreshed."""


class AuthService:
    """Every method raises Unauthorized with the same words whatever was wrong, and DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # PostgreSQL is asked once for all who come with one token at once; to wait for more of them would win nothing.
        self._together: Together[str, Mapping[Any, Any] | None] = Together(self._find_all, gather_s=0)

    def login(self, username: str, password: str, address: str) -> SignIn:
        """Sign a user in. Raises TooManyRequests after several failures in a row from one address for one account.

        Counted for account and address together: a stranger who guesses cannot lock the owner out.
        """
        subject = f"{username[:64]}@{address[:64]}"
        with self._database.reading() as connection:
            self._refuse_blocked(users.find_throttle(connection, subject))
            user = users.find_by_name(connection, username)
        is_right = _is_right(user["password_hash"] if user else _NOBODYS_HASH, password)
        if user is None or not is_right or not user["enabled"]:
            self._count_failure(subject)
            raise Unauthorized("wrong user name or password")
        with self._database.transaction() as connection:
            users.clear_throttle(connection, subject)
        return self._open_session(user, REFRESH_TOKEN_S)

    def refresh(self, session_id: str, jti: str) -> SignIn:
        """Exchange a refresh token for a new one; one that was used before ends the session: it was stolen."""
        now, new_jti = clock.now(), str(uuid.uuid4())
        expires_at = now + timedelta(seconds=REFRESH_TOKEN_S)
        with self._database.transaction() as connection:
            user = users.find_by_session(connection, session_id, now)
            if user is not None and users.rotate_refresh(connection, session_id, jti, new_jti, expires_at):
                return SignIn(user, session_id, new_jti)
            users.revoke_session(connection, session_id, now)
        raise Unauthorized("the refresh token is not valid any more")

    def logout(self, session_id: str) -> None:
        """End a session: all of its tokens are refused from now on."""
        with self._database.transaction() as connection:
            users.revoke_session(connection, session_id, clock.now())

    def identify(self, session_id: str) -> Mapping[Any, Any]:
        """Return the user of a session that has not ended."""
        user = self._together.ask(session_id)
        if user is None:
            raise Unauthorized("the token is not valid any more")
        return user

    def _find_all(self, session_ids: Sequence[str]) -> Sequence[Mapping[Any, Any] | None]:
        found = {}
        with self._database.autocommit() as connection:
            for session_id in {*session_ids}:
                found[session_id] = users.find_by_session(connection, session_id, clock.now())
        return [found[session_id] for session_id in session_ids]

    def issue_token(self, username: str, days: int) -> SignIn:
        """Open a session of `days` days for a script; it cannot be refreshed. Raises NotFound."""
        with self._database.reading() as connection:
            user = users.find_by_name(connection, username)
        if user is None:
            raise NotFound(f"there is no user {username}")
        return self._open_session(user, days * 86400, is_refreshable=False)

    def _open_session(self, user: Mapping[Any, Any], lifetime_s: int, is_refreshable: bool = True) -> SignIn:
        now = clock.now()
        sign_in = SignIn(user, str(uuid.uuid4()), str(uuid.uuid4()) if is_refreshable else None)
        with self._database.transaction() as connection:
            row = {"id": sign_in.session_id, "user_id": user["id"], "refresh_jti": sign_in.refresh_jti}
            expires_at = now + timedelta(seconds=lifetime_s)
            users.add_session(connection, {**row, "created_at": now, "expires_at": expires_at})
        return sign_in

    def _refuse_blocked(self, throttle: RowMapping | None) -> None:
        now = clock.now()
        if throttle is not None and throttle["blocked_until"] is not None and throttle["blocked_until"] > now:
            wait_s = int((throttle["blocked_until"] - now).total_seconds()) + 1
            raise TooManyRequests("too many failed sign-ins: try again later", wait_s)

    def _count_failure(self, subject: str) -> None:
        now = clock.now()
        with self._database.transaction() as connection:
            failures = users.add_failure(connection, subject, now)
            if failures >= FREE_FAILURES:
                block_s = min(LONGEST_BLOCK_S, 2 ** min(failures - FREE_FAILURES, 16))
                users.block(connection, subject, now + timedelta(seconds=block_s))


def _is_right(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
