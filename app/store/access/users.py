"""The users' and their sign-ins' statements."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, bindparam, delete, func, insert, select, update

from app.enums import Role
from app.models import LoginSession, User
from app.store.database.pages import Keyset, Page, PageRequest, fetch_page
from app.store.database.prepared_reads import PreparedRead
from app.store.database.single_statements import CanRead

USERS = User.__table__.c
SESSIONS = LoginSession.__table__.c
SHOWN = (USERS.id, USERS.username, USERS.role, USERS.enabled, USERS.created_at)


def find(connection: Connection, user_id: int) -> RowMapping | None:
    """Return one user, without the password's hash."""
    return connection.execute(select(*SHOWN).where(USERS.id == user_id)).mappings().one_or_none()


def find_by_name(connection: Connection, username: str) -> RowMapping | None:
    """Return one user with the password's hash."""
    statement = select(*SHOWN, USERS.password_hash).where(USERS.username == username)
    return connection.execute(statement).mappings().one_or_none()


def find_for_sign_in(connection: Connection, username: str, network: str) -> RowMapping | None:
    """Return one user by name, with the password's hash and `is_known_there`.

    The latter tells whether a sign-in from this place is remembered, be it over or not.
    """
    here = select(SESSIONS.id).where(SESSIONS.user_id == USERS.id, SESSIONS.network == network)
    statement = select(*SHOWN, USERS.password_hash, here.exists().label("is_known_there"))
    return connection.execute(statement.where(USERS.username == username)).mappings().one_or_none()


def fetch(connection: Connection, page: PageRequest) -> Page:
    """Return a page of users."""
    return fetch_page(connection, select(*SHOWN), Keyset({"id": USERS.id}), page)


def count(connection: Connection) -> int:
    """Count all users."""
    return int(connection.execute(select(func.count()).select_from(User)).scalar_one())


def is_only_admin(connection: Connection, user_id: int) -> bool:
    """Tell whether no other enabled user is an admin; the admins' rows stay locked until the transaction ends."""
    admins = select(USERS.id).where(USERS.role == Role.ADMIN, USERS.enabled).with_for_update()
    return set(connection.execute(admins).scalars()) <= {user_id}


def add(connection: Connection, row: Mapping[str, Any]) -> int:
    """Add a user and return the id."""
    return int(connection.execute(insert(User).returning(USERS.id), row).scalar_one())


def change(connection: Connection, user_id: int, values: Mapping[str, Any]) -> None:
    """Change some columns of a user."""
    connection.execute(update(User).where(USERS.id == user_id).values(values))


def remove(connection: Connection, user_id: int) -> None:
    """Delete a user with all sign-ins."""
    connection.execute(delete(User).where(USERS.id == user_id))


def add_session(connection: Connection, row: Mapping[str, Any]) -> None:
    """Record a sign-in."""
    connection.execute(insert(LoginSession), row)


FIND_BY_SESSION = PreparedRead(
    select(*SHOWN, SESSIONS.refresh_jti)
    .join(LoginSession, SESSIONS.user_id == USERS.id)
    .where(
        SESSIONS.id == bindparam("session"),
        SESSIONS.revoked_at.is_(None),
        SESSIONS.expires_at > bindparam("now"),
        USERS.enabled,
    )
)


def find_by_session(on: CanRead, session_id: str, now: datetime) -> Mapping[Any, Any] | None:
    """Return the enabled user of a sign-in that is neither ended nor expired, with its `refresh_jti`."""
    return FIND_BY_SESSION.find(on, {"session": session_id, "now": now})


def rotate_refresh(connection: Connection, session_id: str, old_jti: str, new_jti: str, expires_at: datetime) -> bool:
    """Replace a sign-in's refresh token; false when the old one is not the one that is good now."""
    statement = update(LoginSession).where(SESSIONS.id == session_id, SESSIONS.refresh_jti == old_jti)
    return connection.execute(statement.values(refresh_jti=new_jti, expires_at=expires_at)).rowcount > 0


def revoke_session(connection: Connection, session_id: str, now: datetime) -> None:
    """End one sign-in."""
    connection.execute(update(LoginSession).where(SESSIONS.id == session_id).values(revoked_at=now))


def revoke_sessions_of(connection: Connection, user_id: int, now: datetime) -> int:
    """End all sign-ins of a user; return how many had not ended."""
    is_open = and_(SESSIONS.user_id == user_id, SESSIONS.revoked_at.is_(None), SESSIONS.expires_at > now)
    return connection.execute(update(LoginSession).where(is_open).values(revoked_at=now)).rowcount


def fetch_sessions(connection: Connection, page: PageRequest, user_id: int, now: datetime) -> Page:
    """Return a page of a user's sign-ins that are neither ended nor expired, newest first."""
    statement = select(SESSIONS.id, SESSIONS.network, SESSIONS.created_at, SESSIONS.expires_at).where(
        SESSIONS.user_id == user_id, SESSIONS.revoked_at.is_(None), SESSIONS.expires_at > now
    )
    order = Keyset({"created_at": SESSIONS.created_at, "id": SESSIONS.id}, descending=True)
    return fetch_page(connection, statement, order, page)


def prune_sessions(connection: Connection, expired_before: datetime) -> None:
    """Delete sign-ins that nothing depends on any more."""
    connection.execute(delete(LoginSession).where(SESSIONS.expires_at < expired_before))
