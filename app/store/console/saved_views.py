"""Statements on saved views."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, or_, select, update

from app.models import SavedView, User
from app.store.names import is_taken

VIEWS = SavedView.__table__.c
USERS = User.__table__.c
_shown = select(*VIEWS, USERS.username).join(User, VIEWS.user_id == USERS.id)


def find(connection: Connection, view_id: int) -> RowMapping | None:
    """Return one view with its owner's name."""
    return connection.execute(_shown.where(VIEWS.id == view_id)).mappings().one_or_none()


def fetch_for(connection: Connection, user_id: int, limit: int) -> Sequence[RowMapping]:
    """Return a user's own views and those that others share, in the order of their positions."""
    statement = _shown.where(or_(VIEWS.user_id == user_id, VIEWS.is_shared)).order_by(VIEWS.position, VIEWS.id)
    return connection.execute(statement.limit(limit)).mappings().all()


def count_of(connection: Connection, user_id: int) -> int:
    """Return the number of a user's views."""
    statement = select(func.count()).select_from(SavedView).where(VIEWS.user_id == user_id)
    return int(connection.execute(statement).scalar_one())


def is_name_taken(connection: Connection, user_id: int, name: str, except_id: int | None = None) -> bool:
    """Return whether another view of the user has this name."""
    return is_taken(connection, VIEWS, name, except_id, VIEWS.user_id == user_id)


def add(connection: Connection, row: Mapping[str, Any]) -> int:
    """Add a view and return its id."""
    return int(connection.execute(insert(SavedView).returning(VIEWS.id), row).scalar_one())


def change(connection: Connection, view_id: int, values: Mapping[str, Any]) -> None:
    """Change some columns of a view."""
    connection.execute(update(SavedView).where(VIEWS.id == view_id).values(values))


def remove(connection: Connection, view_id: int) -> None:
    """Delete a view."""
    connection.execute(delete(SavedView).where(VIEWS.id == view_id))
