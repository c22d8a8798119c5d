"""Manages users."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping

from app import clock
from app.enums import AuditedType, Role
from app.errors import Conflict, NotFound, UsernameTaken
from app.services.access.api_tokens import revoke_all_of
from app.services.access.audit import COMMAND_LINE, Editor, record_creation, record_edit, record_removal
from app.services.access.passwords import hash_password
from app.store.access import api_tokens, users
from app.store.database.engine import Database
from app.store.database.pages import Page, PageRequest


class UserService:
    """Methods that name a user raise NotFound; all raise DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, page: PageRequest) -> Page:
        """Return a page of users."""
        with self._database.reading() as connection:
            return users.fetch(connection, page)

    def get(self, user_id: int) -> RowMapping:
        """Return one user."""
        with self._database.reading() as connection:
            return _found(connection, user_id)

    def get_by_name(self, username: str) -> RowMapping:
        """Return one user by name."""
        with self._database.reading() as connection:
            user = users.find_by_name(connection, username)
        if user is None:
            raise NotFound(f"there is no user {username}")
        return user

    def create(
        self, username: str, password: str, role: Role, enabled: bool = True, editor: Editor = COMMAND_LINE
    ) -> RowMapping:
        """Add a user. Raises Conflict if the name is taken."""
        password_hash = hash_password(password)
        with self._database.transaction() as connection:
            if users.find_by_name(connection, username) is not None:
                raise UsernameTaken(f"there is already a user {username}")
            user_id = _add(connection, username, password_hash, role, enabled)
            made = {"username": username, "role": role, "enabled": enabled}
            record_creation(connection, editor, AuditedType.USER, user_id, made)
            return _found(connection, user_id)

    def update(
        self, user_id: int, changes: Mapping[str, Any], editor: Editor = COMMAND_LINE, *, revoke_tokens: bool = False
    ) -> dict[str, Any]:
        """Change `password`, `role` or `enabled`.

        A new password or `enabled` false ends all sessions of the user; a new role applies from the next request on,
        also to the user's tokens. API tokens survive a new password, so that scripts keep working, unless
        `revoke_tokens` is set: whoever stole the old password may have created some. The number of valid tokens is
        returned as `api_tokens` in the user. Raises Conflict if no enabled admin would be left.
        """
        values = dict(changes)
        if "password" in values:
            values["password_hash"] = hash_password(values.pop("password"))
        with self._database.transaction() as connection:
            row = _found(connection, user_id)
            is_power_lost = values.get("enabled") is False or values.get("role", Role.ADMIN) != Role.ADMIN
            if is_power_lost and users.is_only_admin(connection, user_id):
                raise Conflict("this is the last admin")
            if values:
                users.change(connection, user_id, values)
                _audit_change(connection, editor, row, changes)
            if "password_hash" in values or values.get("enabled") is False:
                users.revoke_sessions_of(connection, user_id, clock.now())
            if revoke_tokens:
                revoke_all_of(connection, user_id, editor)
            left = api_tokens.count_holding(connection, user_id, clock.now())
            return {**_found(connection, user_id), "api_tokens": left}

    def end_sessions(self, user_id: int, with_tokens: bool, editor: Editor = COMMAND_LINE) -> dict[str, int]:
        """End all sessions of a user and, with `with_tokens`, revoke all API tokens; return the numbers of both."""
        with self._database.transaction() as connection:
            _found(connection, user_id)
            sessions = users.revoke_sessions_of(connection, user_id, clock.now())
            tokens = revoke_all_of(connection, user_id, editor) if with_tokens else 0
            ended = {"sessions": sessions, "tokens": tokens}
            record_removal(connection, editor, AuditedType.USER, user_id, ended)
        return ended

    def sessions(self, page: PageRequest, user_id: int) -> Page:
        """Return a page of the user's active sessions, newest first."""
        with self._database.reading() as connection:
            _found(connection, user_id)
            return users.fetch_sessions(connection, page, user_id, clock.now())

    def delete(self, user_id: int, editor: Editor = COMMAND_LINE) -> None:
        """Delete a user and end the user's sessions. Raises Conflict for the only admin."""
        with self._database.transaction() as connection:
            row = _found(connection, user_id)
            if users.is_only_admin(connection, user_id):
                raise Conflict("this is the last admin")
            users.remove(connection, user_id)
            gone = {"username": row["username"], "role": row["role"]}
            record_removal(connection, editor, AuditedType.USER, user_id, gone)

    def ensure_admin(self, username: str, password: str) -> bool:
        """Create the first admin if there is no user; return whether it was created."""
        password_hash = hash_password(password)
        with self._database.transaction() as connection:
            if users.count(connection):
                return False
            _add(connection, username, password_hash, Role.ADMIN, True)
        return True

    def is_there_any(self) -> bool:
        """Return whether there is any user."""
        with self._database.reading() as connection:
            return users.count(connection) > 0


def _add(connection: Connection, username: str, password_hash: str, role: Role, enabled: bool) -> int:
    row = {"username": username, "password_hash": password_hash, "role": role, "enabled": enabled}
    return users.add(connection, {**row, "created_at": clock.now()})


def _audit_change(connection: Connection, editor: Editor, row: Mapping[Any, Any], changes: Mapping[str, Any]) -> None:
    record_edit(
        connection, editor, AuditedType.USER, row["id"], row, {k: v for k, v in changes.items() if k != "password"}
    )
    if "password" in changes:
        record_creation(connection, editor, AuditedType.USER, row["id"], {"password": "changed"})


def _found(connection: Connection, user_id: int) -> RowMapping:
    user = users.find(connection, user_id)
    if user is None:
        raise NotFound(f"there is no user {user_id}")
    return user
