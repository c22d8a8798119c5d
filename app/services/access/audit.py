"""Writes and reads the audit log."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from app import clock
from app.enums import AuditAction, AuditedType, Role
from app.store.access import audit
from app.store.database.engine import Database
from app.store.database.pages import Page, PageRequest


@dataclass(frozen=True, slots=True)
class Editor:
    """The user who makes an edit, with the current name."""

    user_id: int
    username: str


COMMAND_LINE = Editor(0, "command line")
"""Anyone who runs `nagare` with access to the database: no user, but all permissions."""


PARTS = frozenset(("password", "calendar_link", "holidays", "webhook_token", "heartbeat_token", "sessions", "tokens"))
"""What has an entry of its own and is no object: with only these, an entry is a change."""
INVENTORY = (AuditedType.HOST, AuditedType.ITEM, AuditedType.MACHINE)
"""The types whose entries every user may read; the others are for admins."""


class AuditService:
    """Reads the audit log. Raises DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, page: PageRequest, reader: Role = Role.VIEWER, **filters: Any) -> Page:
        """Return a page of entries, newest first, each with its `action`; the filters are those of the store."""
        types = None if reader is Role.ADMIN else INVENTORY
        with self._database.reading() as connection:
            found = audit.fetch(connection, page, types, **filters)
        return Page([{**row, "action": action_of(row)} for row in found.items], found.next_cursor)


def action_of(entry: Mapping[Any, Any]) -> AuditAction:
    """Return what was done."""
    before, after = entry["before"], entry["after"]
    if "action" in after:
        return AuditAction(after["action"])
    if (before and after) or {*before, *after} <= PARTS:
        return AuditAction.CHANGED
    return AuditAction.CREATED if after else AuditAction.DELETED


def record_edit(
    connection: Connection,
    editor: Editor,
    object_type: AuditedType,
    object_id: int,
    row: Mapping[Any, Any],
    changes: Mapping[str, Any],
) -> dict[str, Any]:
    """Record an edit of a row in the same transaction, and return only the changes that differ from the row."""
    real = {name: value for name, value in changes.items() if row[name] != value}
    if real:
        _record(connection, editor, object_type, object_id, {name: row[name] for name in real}, real)
    return real


def record_creation(
    connection: Connection, editor: Editor, object_type: AuditedType, object_id: int, fields: Mapping[str, Any]
) -> None:
    """Record in the same transaction that an object was created: it has no old values."""
    _record(connection, editor, object_type, object_id, {}, fields)


def record_removal(
    connection: Connection, editor: Editor, object_type: AuditedType, object_id: int, fields: Mapping[str, Any]
) -> None:
    """Record in the same transaction that an object was deleted: it has no new values."""
    _record(connection, editor, object_type, object_id, fields, {})


def record_action(
    connection: Connection,
    editor: Editor,
    object_type: AuditedType,
    object_id: int,
    action: AuditAction,
    **details: Any,
) -> None:
    """Record in the same transaction what was done to an object, or to many if the id is 0."""
    _record(connection, editor, object_type, object_id, {}, {"action": action, **details})


def _record(
    connection: Connection,
    editor: Editor,
    object_type: AuditedType,
    object_id: int,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    who = {"at": clock.now(), "user_id": editor.user_id, "username": editor.username}
    what = {"object_type": object_type, "object_id": object_id, "before": before, "after": after}
    audit.add(connection, who | what)
