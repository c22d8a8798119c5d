"""Who may come in: sign-ins and their sessions, and the tokens of scripts."""

import secrets
import uuid
from base64 import b64encode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection

from app import clock
from app.errors import DatabaseUnavailable, NotFound, Unauthorized
from app.rules.client_addresses import place_of
from app.services import api_tokens, sign_in_brakes
from app.services.sign_in_brakes import Attempt
from app.services.together import Together
from app.store import api_tokens as stored_tokens
from app.store import users
from app.store.engine import Database

ACCESS_TOKEN_S = 900
REFRESH_TOKEN_S = 30 * 86400

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
        """Sign a user in. Raises TooManyRequests after several failures in a row; see `app.services.sign_in_brakes`."""
        place = place_of(address)
        with self._database.reading() as connection:
            user = users.find_by_name(connection, username)
            is_known = user is not None and users.was_signed_in_from(connection, user["id"], place)
            attempt = Attempt(username, place, is_known)
            sign_in_brakes.refuse_blocked(connection, attempt)
        is_right = _is_right(user["password_hash"] if user else _NOBODYS_HASH, password)
        if user is None or not is_right or not user["enabled"]:
            with self._database.transaction() as connection:
                sign_in_brakes.count_failure(connection, attempt)
            raise Unauthorized("wrong user name or password")
        with self._database.transaction() as connection:
            sign_in_brakes.forget(connection, attempt)
        return self._open_session(user, REFRESH_TOKEN_S, place)

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
        """Return the user of a session that has not ended, or of the API token with this key.

        The latter has a `token_id`, and the powers of the token: `role`, and `scopes` if it is limited to some.
        """
        user = self._together.ask(session_id)
        if user is None:
            raise Unauthorized("the token is not valid any more")
        if "token_id" in user and not api_tokens.is_use_noted(user):
            self._note_use(user["token_id"])
        return user

    def _find_all(self, session_ids: Sequence[str]) -> Sequence[Mapping[Any, Any] | None]:
        with self._database.autocommit() as connection:
            found = {session_id: _find(connection, session_id) for session_id in {*session_ids}}
        return [found[session_id] for session_id in session_ids]

    def _note_use(self, token_id: int) -> None:
        # A database that cannot be written to can still be read from: a note is no reason to refuse that.
        with suppress(DatabaseUnavailable), self._database.transaction() as connection:
            now = clock.now()
            stored_tokens.note_use(connection, token_id, now, now - api_tokens.NOTED_AGAIN_AFTER)

    def issue_token(self, username: str, days: int) -> SignIn:
        """Open a session of `days` days for a script; it cannot be refreshed. Raises NotFound."""
        with self._database.reading() as connection:
            user = users.find_by_name(connection, username)
        if user is None:
            raise NotFound(f"there is no user {username}")
        return self._open_session(user, days * 86400, None, is_refreshable=False)

    def _open_session(
        self, user: Mapping[Any, Any], lifetime_s: int, place: str | None, is_refreshable: bool = True
    ) -> SignIn:
        now = clock.now()
        sign_in = SignIn(user, str(uuid.uuid4()), str(uuid.uuid4()) if is_refreshable else None)
        with self._database.transaction() as connection:
            row = {
                "id": sign_in.session_id,
                "user_id": user["id"],
                "refresh_jti": sign_in.refresh_jti,
                "network": place,
            }
            expires_at = now + timedelta(seconds=lifetime_s)
            users.add_session(connection, {**row, "created_at": now, "expires_at": expires_at})
        return sign_in


def _find(connection: Connection, session_id: str) -> Mapping[Any, Any] | None:
    if session_id.startswith(api_tokens.KEY_START):
        return api_tokens.find_user(connection, session_id)
    return users.find_by_session(connection, session_id, clock.now())


def _is_right(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
