"""Authentication: sign-ins and their sessions, and API tokens."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from app import clock
from app.enums import AuditAction, AuditedType
from app.errors import NotFound, Overloaded, TooManyRequests, Unauthorized
from app.rules.client_addresses import network_of
from app.services.access import api_tokens, login_throttle, passwords
from app.services.access.acting import acting_editor
from app.services.access.audit import COMMAND_LINE, Editor, record_action
from app.services.access.login_throttle import Attempt, Counted
from app.services.batcher import Batcher
from app.store.access import users
from app.store.database.engine import Database
from app.store.database.single_statements import SingleReads

ACCESS_TOKEN_S = 900
NOBODY = Editor(0, "")
"""Whoever tried to sign in with a name that no user has."""
REFRESH_TOKEN_S = 30 * 86400


@dataclass(frozen=True, slots=True)
class SignIn:
    """A user who has just signed in; the issued tokens carry `session_id`."""

    user: Mapping[Any, Any]
    session_id: str
    refresh_jti: str | None
    """None if the session cannot be refreshed."""


class AuthService:
    """Every method raises Unauthorized, with the same text for every cause, and DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # Concurrent requests share one query to PostgreSQL; waiting for more of them would gain nothing.
        self._batcher: Batcher[str, Mapping[Any, Any] | None] = Batcher(self._find_all, gather_s=0)

    def login(self, username: str, password: str, address: str) -> SignIn:
        """Sign a user in.

        Each attempt is counted before its password is checked, so that concurrent attempts cannot exceed the free ones.
        Raises TooManyRequests after several failures in a row (`app.services.access.login_throttle`), and Overloaded.
        """
        attempt = Attempt(username, network_of(address))
        with self._database.reading() as connection:
            login_throttle.refuse_blocked(connection, attempt)
        with passwords.hashing_slot():
            return self._try(attempt, password)

    def _try(self, attempt: Attempt, password: str) -> SignIn:
        """Count the attempt, check the password, and uncount the attempt if it is right.

        All in one hashing slot: several right passwords that are counted and not yet uncounted would block each other.
        """
        with self._database.transaction() as connection:
            user = users.find_for_sign_in(connection, attempt.username, attempt.network)
            counted = login_throttle.count(connection, attempt)
        try:
            is_right = passwords.is_right(user["password_hash"] if user else passwords.DUMMY_HASH, password)
        except Overloaded:
            with self._database.transaction() as connection:
                login_throttle.give_back(connection, counted)
            raise
        may_pass = user is not None and user["enabled"] and (user["is_known_there"] or counted.wait_s is None)
        if user is None or not is_right or not may_pass:
            self._note_failure(user, counted)
            raise _refusal(counted.wait_s)
        with self._database.transaction() as connection:
            login_throttle.forget(connection, counted)
            _note_sign_in(connection, user, AuditAction.SIGNED_IN, network=attempt.network)
            return _open_session(connection, user, REFRESH_TOKEN_S, attempt.network)

    def _note_failure(self, user: Mapping[Any, Any] | None, counted: Counted) -> None:
        """Record a failed sign-in. A name that nobody has is left out: it may be a password in the wrong field.

        Attempts beyond the free ones are not recorded, so that guessing does not fill the audit log.
        """
        if counted.wait_s is None:
            with self._database.transaction() as connection:
                _note_sign_in(connection, user, AuditAction.SIGN_IN_FAILED, network=counted.attempt.network)

    def refresh(self, session_id: str, jti: str) -> SignIn:
        """Exchange a refresh token for a new one; a second use of the same token ends the session, as it was stolen."""
        now, new_jti = clock.now(), str(uuid.uuid4())
        expires_at = now + timedelta(seconds=REFRESH_TOKEN_S)
        with self._database.transaction() as connection:
            user = users.find_by_session(connection, session_id, now)
            if user is not None and users.rotate_refresh(connection, session_id, jti, new_jti, expires_at):
                return SignIn(user, session_id, new_jti)
            users.revoke_session(connection, session_id, now)
            if user is not None:
                _note_sign_in(connection, user, AuditAction.REFRESH_TOKEN_REUSED)
        raise Unauthorized("the refresh token is no longer valid")

    def logout(self, session_id: str) -> None:
        """End a session: all of its tokens are rejected from now on."""
        with self._database.transaction() as connection:
            users.revoke_session(connection, session_id, clock.now())
            by = acting_editor()
            record_action(connection, by, AuditedType.SESSION, by.user_id, AuditAction.SIGNED_OUT)

    def identify(self, session_id: str) -> Mapping[Any, Any]:
        """Return the user of an active session, or of the API token with this key.

        The latter has a `token_id`, and the token's powers: `role`, and `scopes` if it is limited to some.
        """
        user = self._batcher.call(session_id)
        if user is None:
            raise Unauthorized("the token is no longer valid")
        if "token_id" in user and not api_tokens.is_use_noted(user):
            api_tokens.note_use(self._database, user["token_id"])
        return user

    def _find_all(self, session_ids: Sequence[str]) -> Sequence[Mapping[Any, Any] | None]:
        with self._database.single_reads() as reads:
            found = {session_id: _find(reads, session_id) for session_id in {*session_ids}}
        return [found[session_id] for session_id in session_ids]

    def issue_token(self, username: str, days: int) -> SignIn:
        """Open a session of `days` days for a script; it cannot be refreshed. Raises NotFound."""
        with self._database.reading() as connection:
            user = users.find_by_name(connection, username)
        if user is None:
            raise NotFound(f"there is no user {username}")
        with self._database.transaction() as connection:
            record_action(
                connection, COMMAND_LINE, AuditedType.SESSION, user["id"], AuditAction.SESSION_ISSUED, days=days
            )
            return _open_session(connection, user, days * 86400, None, is_refreshable=False)


def _refusal(wait_s: int | None) -> Unauthorized | TooManyRequests:
    """Return the error for a failed sign-in: the same for existing and unknown names."""
    return Unauthorized("wrong user name or password") if wait_s is None else login_throttle.must_wait(wait_s)


def _note_sign_in(connection: Connection, user: Mapping[Any, Any] | None, action: AuditAction, **details: Any) -> None:
    who = Editor(user["id"], user["username"]) if user is not None else NOBODY
    record_action(connection, who, AuditedType.SESSION, who.user_id, action, **details)


def _open_session(
    connection: Connection, user: Mapping[Any, Any], lifetime_s: int, network: str | None, is_refreshable: bool = True
) -> SignIn:
    now = clock.now()
    sign_in = SignIn(user, str(uuid.uuid4()), str(uuid.uuid4()) if is_refreshable else None)
    row = {"id": sign_in.session_id, "user_id": user["id"], "refresh_jti": sign_in.refresh_jti, "network": network}
    users.add_session(connection, {**row, "created_at": now, "expires_at": now + timedelta(seconds=lifetime_s)})
    return sign_in


def _find(reads: SingleReads, session_id: str) -> Mapping[Any, Any] | None:
    if session_id.startswith(api_tokens.KEY_START):
        return api_tokens.find_user(reads, session_id)
    return users.find_by_session(reads, session_id, clock.now())
