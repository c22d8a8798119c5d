"""The users' and their sign-ins' statements."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, func, insert, select, update

from app.enums import Role
from app.models import LoginSession, LoginThrottle, User
from app.store.pages import Keyset, Page, PageRequest, fetch_page
from app.store.prepared import Prepared
from app.store.upsert import dialect_insert

USERS = User.__table__.c
SESSIONS = LoginSession.__table__.c
THROTTLES = LoginThrottle.__table__.c
SHOWN = (USERS.id, USERS.username, USERS.role, USERS.enabled, USERS.created_at)


def find(connection: Connection, user_id: int) -> RowMapping | None:
    """Return one user, without the password's hash."""
    return connection.execute(select(*SHOWN).where(USERS.id == user_id)).mappings().one_or_none()


def find_by_name(connection: Connection, username: str) -> RowMapping | None:
    """Return one user with the password's hash."""
    statement = select(*SHOWN, USERS.password_hash).where(USERS.username == username)
    return connection.execute(statement).mappings().one_or_none()


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


FIND_BY_SESSION = Prepared(
    select(*SHOWN, SESSIONS.refresh_jti)
    .join(LoginSession, SESSIONS.user_id == USERS.id)
    .where(
        SESSIONS.id == bindparam("session"),
        SESSIONS.revoked_at.is_(None),
        SESSIONS.expires_at > bindparam("now"),
        USERS.enabled,
    )
)


def find_by_session(connection: Connection, session_id: str, now: datetime) -> Mapping[Any, Any] | None:
    """Return the enabled user of a sign-in that is neither ended nor expired, with its `refresh_jti`."""
    return FIND_BY_SESSION.find(connection, {"session": session_id, "now": now})


def rotate_refresh(connection: Connection, session_id: str, old_jti: str, new_jti: str, expires_at: datetime) -> bool:
    """Replace a sign-in's refresh token; false when the old one is not the one that is good now."""
    statement = update(LoginSession).where(SESSIONS.id == session_id, SESSIONS.refresh_jti == old_jti)
    return connection.execute(statement.values(refresh_jti=new_jti, expires_at=expires_at)).rowcount > 0


def revoke_session(connection: Connection, session_id: str, now: datetime) -> None:
    """End one sign-in."""
    connection.execute(update(LoginSession).where(SESSIONS.id == session_id).values(revoked_at=now))


def revoke_sessions_of(connection: Connection, user_id: int, now: datetime) -> None:
    """End all sign-ins of a user."""
    is_open = SESSIONS.revoked_at.is_(None)
    connection.execute(update(LoginSession).where(SESSIONS.user_id == user_id, is_open).values(revoked_at=now))


def prune_sessions(connection: Connection, expired_before: datetime) -> None:
    """Delete sign-ins and throttles that nothing depends on any more."""
    connection.execute(delete(LoginSession).where(SESSIONS.expires_at < expired_before))
    connection.execute(delete(LoginThrottle).where(THROTTLES.last_failed_at < expired_before))


def find_throttle(connection: Connection, subject: str) -> RowMapping | None:
    """Return how often a subject failed to sign in and until when it is blocked."""
    statement = select(THROTTLES.failures, THROTTLES.blocked_until).where(THROTTLES.subject == subject)
    return connection.execute(statement).mappings().one_or_none()


def add_failure(connection: Connection, subject: str, now: datetime) -> int:
    """Count one more failed sign-in of a subject and return how many in a row there are."""
    insert_ = dialect_insert(connection, LoginThrottle)
    row = {"subject": subject, "failures": 1, "last_failed_at": now}
    changes = {"failures": THROTTLES.failures + 1, "last_failed_at": now}
    statement = insert_.values(row).on_conflict_do_update(index_elements=["subject"], set_=changes)
    return int(connection.execute(statement.returning(THROTTLES.failures)).scalar_one())


def block(connection: Connection, subject: str, until: datetime) -> None:
    """Refuse a subject's sign-ins until a moment."""
    connection.execute(update(LoginThrottle).where(THROTTLES.subject == subject).values(blocked_until=until))


def clear_throttle(connection: Connection, subject: str) -> None:
    """Forget a subject's failed sign-ins."""
    connection.execute(delete(LoginThrottle).where(THROTTLES.subject == subject))
