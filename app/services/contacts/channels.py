"""Manages shared channels, such as a team's chat room."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping

from app import clock
from app.enums import AuditedType
from app.errors import Invalid, NameTaken, NotFound
from app.rules.chat.accounts import UNLINKED_MAY_ANSWER
from app.services.access.audit import Editor, record_creation, record_edit, record_removal
from app.services.contacts.addresses import Addresses, audited
from app.services.contacts.uses import refuse_used_channel
from app.store.contacts import channels, teams
from app.store.database.engine import Database
from app.store.database.pages import Page, PageRequest


class ChannelService:
    """Methods that name a channel raise NotFound, also for one of a person; all raise DatabaseUnavailable."""

    def __init__(self, database: Database, addresses: Addresses) -> None:
        self._database = database
        self._addresses = addresses

    def list(self, page: PageRequest) -> Page:
        """Return a page of shared channels."""
        with self._database.reading() as connection:
            return channels.fetch_shared(connection, page)

    def get(self, channel_id: int) -> RowMapping:
        """Return one shared channel."""
        with self._database.reading() as connection:
            return _found(channels.find(connection, channel_id), channel_id)

    def create(self, fields: Mapping[str, Any], editor: Editor) -> RowMapping:
        """Add a shared channel; this sends nothing.

        Raises Invalid naming the field that is wrong, Conflict when the name is taken.
        """
        self._addresses.validate(fields["kind"], fields, is_new=True)
        row = {**self._addresses.columns(fields["kind"], fields), "created_at": clock.now()}
        with self._database.transaction() as connection:
            _check_references(connection, fields)
            channel_id = channels.add(connection, row)
            record_creation(connection, editor, AuditedType.CHANNEL, channel_id, audited(fields))
            return _found(channels.find(connection, channel_id), channel_id)

    def update(self, channel_id: int, changes: Mapping[str, Any], editor: Editor) -> RowMapping:
        """Change a shared channel. Raises Invalid and Conflict as `create`."""
        with self._database.reading() as connection:
            stored = _found(channels.find_sealed(connection, channel_id), channel_id)
        kind, whole = stored["kind"], self._addresses.completed(stored["url_sealed"], changes)
        self._addresses.validate(kind, whole)
        values = self._addresses.columns(kind, whole)
        with self._database.transaction() as connection:
            row = _found(channels.lock(connection, channel_id), channel_id)
            _check_references(connection, changes, channel_id)
            if values:
                channels.change(connection, channel_id, values)
                before = {**row, "address": "", UNLINKED_MAY_ANSWER: ""}
                record_edit(connection, editor, AuditedType.CHANNEL, channel_id, before, audited(changes))
            return _found(channels.find(connection, channel_id), channel_id)

    def delete(self, channel_id: int, editor: Editor) -> None:
        """Delete a shared channel. Raises Conflict naming the routes and escalations that end at it."""
        with self._database.transaction() as connection:
            row = _found(channels.lock(connection, channel_id), channel_id)
            refuse_used_channel(connection, channel_id, row["name"])
            channels.remove(connection, channel_id)
            record_removal(connection, editor, AuditedType.CHANNEL, channel_id, {"name": row["name"]})


def _found(row: RowMapping | None, channel_id: int) -> RowMapping:
    if row is None or row["user_id"] is not None:
        raise NotFound(f"there is no shared channel {channel_id}")
    return row


def _check_references(connection: Connection, fields: Mapping[str, Any], except_id: int | None = None) -> None:
    team_id = fields.get("team_id")
    if team_id is not None and teams.find(connection, team_id) is None:
        raise Invalid("team_id", f"There is no team {team_id}.")
    if "name" in fields and channels.is_name_taken(connection, None, fields["name"], except_id):
        raise NameTaken(f"there is already a shared channel named {fields['name']}")
