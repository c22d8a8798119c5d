"""Statements on API tokens."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, func, insert, or_, select, update

from app.models import ApiToken, User
from app.store.access.users import SHOWN as SHOWN_OF_USER
from app.store.access.users import USERS
from app.store.database.pages import Keyset, Page, PageRequest, fetch_page
from app.store.database.prepared_reads import PreparedRead
from app.store.database.single_statements import CanRead

TOKENS = ApiToken.__table__.c
OWN = ("id", "user_id", "name", "role", "scopes", "created_at", "expires_at", "last_used_at", "is_wallboard")
_shown = select(*(TOKENS[name] for name in OWN), USERS.username).join(User, TOKENS.user_id == USERS.id)


def find(connection: Connection, token_id: int) -> RowMapping | None:
    """Return one token with its owner's name, without its hash."""
    return connection.execute(_shown.where(TOKENS.id == token_id)).mappings().one_or_none()


def fetch(connection: Connection, page: PageRequest, user_id: int | None = None) -> Page:
    """Return a page of tokens, newest first, of one user or of all."""
    statement = _shown if user_id is None else _shown.where(TOKENS.user_id == user_id)
    return fetch_page(connection, statement, Keyset({"id": TOKENS.id}, descending=True), page)


def count_of(connection: Connection, user_id: int) -> int:
    """Return the number of a user's tokens."""
    statement = select(func.count()).select_from(ApiToken).where(TOKENS.user_id == user_id)
    return int(connection.execute(statement).scalar_one())


def count_holding(connection: Connection, user_id: int, now: datetime) -> int:
    """Return the number of a user's tokens that have not expired."""
    statement = select(func.count()).select_from(ApiToken).where(TOKENS.user_id == user_id, TOKENS.expires_at > now)
    return int(connection.execute(statement).scalar_one())


def add(connection: Connection, row: Mapping[str, Any]) -> int:
    """Add a token and return its id."""
    return int(connection.execute(insert(ApiToken).returning(TOKENS.id), row).scalar_one())


def remove(connection: Connection, token_id: int) -> None:
    """Delete a token."""
    connection.execute(delete(ApiToken).where(TOKENS.id == token_id))


FIND_USER = PreparedRead(
    select(
        *SHOWN_OF_USER,
        TOKENS.id.label("token_id"),
        TOKENS.role.label("token_role"),
        TOKENS.scopes,
        TOKENS.last_used_at,
    )
    .join(ApiToken, TOKENS.user_id == USERS.id)
    .where(
        TOKENS.token_hash == bindparam("hash"),
        TOKENS.expires_at > bindparam("now"),
        USERS.enabled,
        TOKENS.is_wallboard.is_(False),
    )
)


def find_user(on: CanRead, token_hash: str, now: datetime) -> Mapping[Any, Any] | None:
    """Return the enabled owner of a token that has not expired, with `token_id`, `token_role` and its `scopes`."""
    return FIND_USER.find(on, {"hash": token_hash, "now": now})


FIND_WALLBOARD = PreparedRead(
    select(TOKENS.id, TOKENS.name, TOKENS.expires_at, TOKENS.last_used_at)
    .join(User, TOKENS.user_id == USERS.id)
    .where(
        TOKENS.token_hash == bindparam("hash"),
        TOKENS.expires_at > bindparam("now"),
        USERS.enabled,
        TOKENS.is_wallboard,
    )
)


def find_wallboard(on: CanRead, token_hash: str, now: datetime) -> Mapping[Any, Any] | None:
    """Return a wallboard's token that has not expired and whose owner is enabled."""
    return FIND_WALLBOARD.find(on, {"hash": token_hash, "now": now})


def note_use(connection: Connection, token_id: int, now: datetime, unless_since: datetime) -> None:
    """Record that a token is used, unless a use after `unless_since` is recorded."""
    is_old = or_(TOKENS.last_used_at.is_(None), TOKENS.last_used_at < unless_since)
    connection.execute(update(ApiToken).where(TOKENS.id == token_id, is_old).values(last_used_at=now))


def prune(connection: Connection, expired_before: datetime) -> None:
    """Delete tokens that expired long ago."""
    connection.execute(delete(ApiToken).where(TOKENS.expires_at < expired_before))
