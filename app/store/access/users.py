"""Statements on users and their sessions."""

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
    """Return one user, without the password hash."""
    return connection.execute(select(*SHOWN).where(USERS.id == user_id)).mappings().one_or_none()


def lock(connection: Connection, user_id: int) -> None:
    """Lock a user's row until the transaction ends."""
    connection.execute(select(USERS.id).where(USERS.id == user_id).with_for_update())


def find_by_name(connection: Connection, username: str) -> RowMapping | None:
    """Return one user with the password hash."""
    statement = select(*SHOWN, USERS.password_hash).where(USERS.username == username)
    return connection.execute(statement).mappings().one_or_none()


def find_for_sign_in(connection: Connection, username: str, network: str) -> RowMapping | None:
    """Return one user by name, with the password hash and `is_known_there`.

    The latter is true if a session from this network is stored, active or not.
    """
    here = select(SESSIONS.id).where(SESSIONS.user_id == USERS.id, SESSIONS.network == network)
    statement = select(*SHOWN, USERS.password_hash, here.exists().label("is_known_there"))
    return connection.execute(statement.where(USERS.username == username)).mappings().one_or_none()


def fetch(connection: Connection, page: PageRequest) -> Page:
    """Return a page of users."""
    return fetch_page(connection, select(*SHOWN), Keyset({"id": USERS.id}), page)


def count(connection: Connection) -> int:
    """Return the number of users."""
    return int(connection.execute(select(func.count()).select_from(User)).scalar_one())


def is_only_admin(connection: Connection, user_id: int) -> bool:
    """Return whether no other enabled user is an admin; the admins' rows stay locked until the transaction ends."""
    admins = select(USERS.id).where(USERS.role == Role.ADMIN, USERS.enabled).with_for_update()
    return set(connection.execute(admins).scalars()) <= {user_id}


def add(connection: Connection, row: Mapping[str, Any]) -> int:
    """Add a user and return the id."""
    return int(connection.execute(insert(User).returning(USERS.id), row).scalar_one())


def change(connection: Connection, user_id: int, values: Mapping[str, Any]) -> None:
    """Change some columns of a user."""
    connection.execute(update(User).where(USERS.id == user_id).values(values))


def remove(connection: Connection, user_id: int) -> None:
    """Delete a user with all sessions."""
    connection.execute(delete(User).where(USERS.id == user_id))


def add_session(connection: Connection, row: Mapping[str, Any]) -> None:
    """Add a session."""
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
    """Return the enabled user of an active session, with its `refresh_jti`."""
    return FIND_BY_SESSION.find(on, {"session": session_id, "now": now})


def rotate_refresh(connection: Connection, session_id: str, old_jti: str, new_jti: str, expires_at: datetime) -> bool:
    """Replace a session's refresh token; return false if the old one is not the current one."""
    statement = update(LoginSession).where(SESSIONS.id == session_id, SESSIONS.refresh_jti == old_jti)
    return connection.execute(statement.values(refresh_jti=new_jti, expires_at=expires_at)).rowcount > 0


def revoke_session(connection: Connection, session_id: str, now: datetime) -> None:
    """End one session."""
    connection.execute(update(LoginSession).where(SESSIONS.id == session_id).values(revoked_at=now))


def revoke_sessions_of(connection: Connection, user_id: int, now: datetime) -> int:
    """End all sessions of a user; return how many were active."""
    is_open = and_(SESSIONS.user_id == user_id, SESSIONS.revoked_at.is_(None), SESSIONS.expires_at > now)
    return connection.execute(update(LoginSession).where(is_open).values(revoked_at=now)).rowcount


def fetch_sessions(connection: Connection, page: PageRequest, user_id: int, now: datetime) -> Page:
    """Return a page of a user's active sessions, newest first."""
    statement = select(SESSIONS.id, SESSIONS.network, SESSIONS.created_at, SESSIONS.expires_at).where(
        SESSIONS.user_id == user_id, SESSIONS.revoked_at.is_(None), SESSIONS.expires_at > now
    )
    order = Keyset({"created_at": SESSIONS.created_at, "id": SESSIONS.id}, descending=True)
    return fetch_page(connection, statement, order, page)


def prune_sessions(connection: Connection, expired_before: datetime) -> None:
    """Delete sessions that nothing depends on any more."""
    connection.execute(delete(LoginSession).where(SESSIONS.expires_at < expired_before))
