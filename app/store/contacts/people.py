"""Statements on people who can be told something."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, RowMapping, or_, select

from app.models import User

USERS = User.__table__.c
COLUMNS = (USERS.id, USERS.username, USERS.enabled)


def find(connection: Connection, user_ids: Collection[int]) -> Sequence[RowMapping]:
    """Return id, name and whether they can sign in, of those that exist."""
    return connection.execute(select(*COLUMNS).where(USERS.id.in_(user_ids)).order_by(USERS.id)).mappings().all()


def named(connection: Connection, keys: Collection[int | str]) -> Sequence[RowMapping]:
    """Return the same of those with one of these ids or names."""
    ids = [key for key in keys if isinstance(key, int)]
    names = [key for key in keys if isinstance(key, str)]
    # Locked, so that none of them is deleted before the transaction that names them ends.
    statement = select(*COLUMNS).where(or_(USERS.id.in_(ids), USERS.username.in_(names))).order_by(USERS.id)
    return connection.execute(statement.with_for_update(read=True, key_share=True)).mappings().all()


def lock(connection: Connection, user_id: int) -> RowMapping | None:
    """Return the same of one user, and lock the user's channels and rules until the transaction ends."""
    statement = select(*COLUMNS).where(USERS.id == user_id).with_for_update(key_share=True)
    return connection.execute(statement).mappings().one_or_none()
