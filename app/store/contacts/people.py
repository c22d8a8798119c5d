"""Statements on people who can be told something."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, RowMapping, select

from app.models import User

USERS = User.__table__.c


def find(connection: Connection, user_ids: Collection[int]) -> Sequence[RowMapping]:
    """Return id, name and whether they can sign in, of those that exist."""
    columns = (USERS.id, USERS.username, USERS.enabled)
    return connection.execute(select(*columns).where(USERS.id.in_(user_ids)).order_by(USERS.id)).mappings().all()
