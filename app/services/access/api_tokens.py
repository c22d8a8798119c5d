"""Tokens for scripts: a role no higher than the owner's, optional scopes, and an expiry."""

import hashlib
import secrets
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping

from app import clock
from app.enums import AuditedType, Role, Scope
from app.errors import Conflict, DatabaseUnavailable, Forbidden, NotFound, Unauthorized
from app.services.access.audit import Editor, record_creation, record_removal
from app.store.access import api_tokens, users
from app.store.database.engine import Database
from app.store.database.pages import Page, PageRequest
from app.store.database.single_statements import SingleReads

START = "nagare_"
"""The prefix of every token, so that secret scanners find it: nagare_ and 64 hexadecimal digits."""
KEY_START = "token:"
MAX_TOKENS = 100
NOTED_AGAIN_AFTER = timedelta(minutes=1)


def key_of(token: str) -> str:
    """Return the key that identifies a token in place of a session id; it is not secret."""
    return KEY_START + _hash(token)


def find_user(reads: SingleReads, key: str) -> Mapping[Any, Any] | None:
    """Return the owner of a valid token, with the current permissions of the token: `role` and `scopes`."""
    user = api_tokens.find_user(reads, key.removeprefix(KEY_START), clock.now())
    if user is None:
        return None
    role = min(Role(user["role"]), Role(user["token_role"]), key=lambda each: each.rank)
    return {**user, "role": role, "scopes": _scopes(user)}


def is_use_noted(user: Mapping[Any, Any]) -> bool:
    """Return whether the token's last use was recorded recently: a write per request would be expensive."""
    noted_at = user["last_used_at"]
    return noted_at is not None and noted_at > clock.now() - NOTED_AGAIN_AFTER


def note_use(database: Database, token_id: int) -> None:
    """Record that a token is used. A database that is read-only can still serve reads: this must not make them fail."""
    with suppress(DatabaseUnavailable), database.transaction() as connection:
        now = clock.now()
        api_tokens.note_use(connection, token_id, now, now - NOTED_AGAIN_AFTER)


class ApiTokenService:
    """Methods that name a token raise NotFound, also if it belongs to another user; all raise DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, page: PageRequest, reader: Mapping[Any, Any], user_id: int | None = None) -> Page:
        """Return a page of the reader's own tokens; for an admin, of all tokens or those of one user."""
        wanted = user_id if reader["role"] == Role.ADMIN else reader["id"]
        with self._database.reading() as connection:
            found = api_tokens.fetch(connection, page, wanted)
        return Page([_shown(row) for row in found.items], found.next_cursor)

    def issue(
        self,
        owner: Mapping[Any, Any],
        editor: Editor,
        *,
        name: str,
        role: Role,
        scopes: Collection[Scope] | None,
        days: int,
        is_wallboard: bool = False,
    ) -> dict[str, Any]:
        """Create a token; the result contains it as `token`, which cannot be read again.

        One for a wallboard opens nothing else: it has no scope, whatever `role` and `scopes` are.

        Raises Forbidden for a role above the owner's, Conflict if the owner has too many.
        """
        if is_wallboard:
            role, scopes = Role.VIEWER, ()
        token = START + secrets.token_hex(32)
        now = clock.now()
        with self._database.transaction() as connection:
            present = users.find(connection, owner["id"])
            if present is None or not Role(present["role"]).includes(role):
                raise Forbidden(f"a token with the role {role} requires an owner with that role")
            if api_tokens.count_of(connection, owner["id"]) >= MAX_TOKENS:
                raise Conflict(f"this user already has {MAX_TOKENS} tokens: revoke some first")
            row = {"user_id": owner["id"], "name": name, "token_hash": _hash(token), "role": role}
            row["scopes"] = None if scopes is None else " ".join(scope for scope in Scope if scope in scopes)
            row |= {"is_wallboard": is_wallboard}
            token_id = api_tokens.add(connection, {**row, "created_at": now, "expires_at": now + timedelta(days=days)})
            made = _shown(_found(connection, token_id))
            record_creation(connection, editor, AuditedType.TOKEN, token_id, _audited(made))
        return {**made, "token": token}

    def find_wallboard(self, token: str) -> Mapping[Any, Any]:
        """Return the wallboard's token with this text. Raises Unauthorized."""
        with self._database.single_reads() as reads:
            found = api_tokens.find_wallboard(reads, _hash(token), clock.now())
        if found is None:
            raise Unauthorized("the wallboard's token is not valid, or no longer")
        if not is_use_noted(found):
            note_use(self._database, found["id"])
        return found

    def revoke(self, token_id: int, reader: Mapping[Any, Any] | None, editor: Editor) -> RowMapping:
        """Revoke a token of the reader, or any token if the reader is an admin or None; return its former row."""
        with self._database.transaction() as connection:
            row = _found(connection, token_id)
            if reader is not None and row["user_id"] != reader["id"] and reader["role"] != Role.ADMIN:
                raise NotFound(f"there is no token {token_id}")
            api_tokens.remove(connection, token_id)
            record_removal(connection, editor, AuditedType.TOKEN, token_id, _audited(_shown(row)))
        return row


def revoke_all_of(connection: Connection, user_id: int, editor: Editor) -> int:
    """Revoke all tokens of a user; return their number."""
    rows = api_tokens.fetch(connection, PageRequest(MAX_TOKENS), user_id).items
    for row in rows:
        api_tokens.remove(connection, row["id"])
        record_removal(connection, editor, AuditedType.TOKEN, row["id"], _audited(_shown(row)))
    return len(rows)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _scopes(row: Mapping[Any, Any]) -> Sequence[Scope] | None:
    return None if row["scopes"] is None else [Scope(word) for word in row["scopes"].split()]


def _shown(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {**row, "scopes": _scopes(row)}


def _audited(row: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: row[name] for name in ("name", "user_id", "role", "scopes")}
    return {**kept, "expires_at": row["expires_at"].isoformat()}


def _found(connection: Connection, token_id: int) -> RowMapping:
    row = api_tokens.find(connection, token_id)
    if row is None:
        raise NotFound(f"there is no token {token_id}")
    return row
