"""Saved views: filters of lists under a name, personal or shared."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping

from app import clock
from app.enums import AuditedType, Role
from app.errors import Conflict, Forbidden, NotFound
from app.services.access.audit import Editor, record_creation, record_edit, record_removal
from app.store.access import users
from app.store.console import saved_views
from app.store.database.engine import Database

MAX_VIEWS = 100
"""Of one user."""
MAX_SHOWN = 200
"""Own and shared ones together."""
AUDITED = ("name", "page", "query", "is_shared")


class SavedViewService:
    """Methods that name a view raise NotFound, also for another user's personal one; all raise DatabaseUnavailable.

    `user` is whoever asks, with `id` and `role`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, user: Mapping[Any, Any]) -> Sequence[Mapping[Any, Any]]:
        """Return the user's own views and the shared ones."""
        with self._database.reading() as connection:
            return saved_views.fetch_for(connection, user["id"], MAX_SHOWN)

    def get(self, view_id: int, user: Mapping[Any, Any]) -> RowMapping:
        """Return a view that the user may see."""
        with self._database.reading() as connection:
            return _seen(connection, view_id, user)

    def create(self, fields: Mapping[str, Any], user: Mapping[Any, Any], editor: Editor) -> RowMapping:
        """Save a view with `name`, `page`, `query` and `is_shared`.

        Raises Conflict when the user has one of this name or too many, Forbidden if a viewer shares it.
        """
        _check_sharing(fields, user)
        with self._database.transaction() as connection:
            # Two clicks at once wait for each other here, so that the second one is told that the name is taken.
            users.lock(connection, user["id"])
            if saved_views.count_of(connection, user["id"]) >= MAX_VIEWS:
                raise Conflict(f"you already have {MAX_VIEWS} views: delete some first")
            _refuse_taken_name(connection, user["id"], fields["name"])
            row = {"user_id": user["id"], "position": 0, "created_at": clock.now(), **fields}
            view_id = saved_views.add(connection, row)
            view = _seen(connection, view_id, user)
            record_creation(connection, editor, AuditedType.VIEW, view_id, {name: view[name] for name in AUDITED})
            return view

    def update(self, view_id: int, changes: Mapping[str, Any], user: Mapping[Any, Any], editor: Editor) -> RowMapping:
        """Change an own view; an admin may change those that others share. Raises as `create`."""
        with self._database.transaction() as connection:
            view = _own(connection, view_id, user)
            _check_sharing(changes, user)
            if "name" in changes:
                _refuse_taken_name(connection, view["user_id"], changes["name"], view_id)
            if record_edit(connection, editor, AuditedType.VIEW, view_id, view, changes):
                saved_views.change(connection, view_id, changes)
            return _seen(connection, view_id, {**user, "id": view["user_id"]})

    def delete(self, view_id: int, user: Mapping[Any, Any], editor: Editor) -> RowMapping:
        """Delete an own view, or as an admin one that others share; return its former row. Raises Forbidden."""
        with self._database.transaction() as connection:
            view = _own(connection, view_id, user)
            saved_views.remove(connection, view_id)
            record_removal(connection, editor, AuditedType.VIEW, view_id, {name: view[name] for name in AUDITED})
            return view


def may_change(view: Mapping[Any, Any], user: Mapping[Any, Any]) -> bool:
    """Return whether the user may change and delete a view."""
    return bool(view["user_id"] == user["id"] or (view["is_shared"] and user["role"] == Role.ADMIN))


def _seen(connection: Connection, view_id: int, user: Mapping[Any, Any]) -> RowMapping:
    view = saved_views.find(connection, view_id)
    if view is None or not (view["is_shared"] or view["user_id"] == user["id"]):
        raise NotFound(f"there is no view {view_id}")
    return view


def _own(connection: Connection, view_id: int, user: Mapping[Any, Any]) -> RowMapping:
    view = _seen(connection, view_id, user)
    users.lock(connection, view["user_id"])
    if not may_change(view, user):
        raise Forbidden(f"view {view_id} belongs to {view['username']}: save a copy under a name of your own")
    return view


def _check_sharing(fields: Mapping[str, Any], user: Mapping[Any, Any]) -> None:
    if fields.get("is_shared") and not Role(user["role"]).includes(Role.OPERATOR):
        raise Forbidden("sharing a view requires the role operator: save it for yourself")


def _refuse_taken_name(connection: Connection, user_id: int, name: str, except_id: int | None = None) -> None:
    if saved_views.is_name_taken(connection, user_id, name, except_id):
        raise Conflict(f"there is already a view named {name}")
