"""Manages the channels of a person, who shows with a code that each is the own one."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping

from app import clock
from app.enums import AuditedType
from app.errors import Conflict, Invalid, NameTaken, NotFound, TooManyRequests
from app.rules.contacts.codes import MAX_FAILURES, expires_at, is_same, is_valid, new_code, wait_s
from app.rules.task_params.contacts import TryChannel
from app.services.access.audit import Editor, record_creation, record_edit, record_removal
from app.services.contacts.addresses import Addresses, audited
from app.services.contacts.uses import refuse_used_channel
from app.services.ledger.outbox import Outbox, new_task_id
from app.store.contacts import channels, people, trials
from app.store.database.engine import Database
from app.store.database.vault import Vault

MAX_METHODS = 20
MAX_CODES = 30
"""How many messages a user may have sent within `CODES_WITHIN`: anybody can name the address of somebody else."""
CODES_WITHIN = timedelta(hours=1)
VOID = "no code is valid any more: have a new one sent"

Shown = Mapping[Any, Any]


class ContactMethods:
    """Methods raise NotFound for a user, and for a channel that is not the user's, and DatabaseUnavailable."""

    def __init__(self, database: Database, vault: Vault, addresses: Addresses, outbox: Outbox) -> None:
        self._database = database
        self._vault = vault
        self._addresses = addresses
        self._outbox = outbox

    def list(self, user_id: int) -> Sequence[Shown]:
        """Return all channels of a person."""
        with self._database.reading() as connection:
            _person(people.find(connection, [user_id]), user_id)
            return [_shown(row) for row in channels.of_user(connection, user_id)]

    def get(self, user_id: int, channel_id: int) -> Shown:
        """Return one channel of a person."""
        with self._database.reading() as connection:
            return _shown(_found(channels.find(connection, channel_id), user_id, channel_id))

    def require_verified(self, user_id: int, channel_id: int) -> None:
        """Raise Conflict for a channel whose code was not typed yet: only a code may be sent there."""
        shown = self.get(user_id, channel_id)
        if shown["verified_at"] is None:
            raise Conflict(f"the contact method {shown['name']} is not verified: type its code first")

    def create(self, user_id: int, fields: Mapping[str, Any], editor: Editor) -> Shown:
        """Add a channel, and send a code to its address.

        Raises Invalid naming the field that is wrong, Conflict when the name is taken or there are too many,
        TooManyRequests after too many codes.
        """
        self._addresses.validate(fields["kind"], fields, is_new=True)
        now = clock.now()
        row = {**self._addresses.columns(fields["kind"], fields), "user_id": user_id, "created_at": now}
        with self._database.transaction() as connection:
            _person([people.lock(connection, user_id)], user_id)
            if len(channels.of_user(connection, user_id)) >= MAX_METHODS:
                raise Conflict(f"a person has at most {MAX_METHODS} contact methods: delete one first")
            _refuse_taken_name(connection, user_id, fields["name"])
            channel_id = channels.add(connection, row)
            record_creation(connection, editor, AuditedType.CHANNEL, channel_id, audited(fields))
            task_id = self._issue_code(connection, channel_id, editor, now)
            shown = _shown(_found(channels.find(connection, channel_id), user_id, channel_id))
        self._outbox.publish({task_id: None})
        return shown

    def update(self, user_id: int, channel_id: int, changes: Mapping[str, Any], editor: Editor) -> Shown:
        """Change a channel; another address must be verified again, by a code that is sent to it.

        Raises Invalid and Conflict as `create`, TooManyRequests for another address less than a minute after a code.
        """
        kind, now = self.get(user_id, channel_id)["kind"], clock.now()
        self._addresses.validate(kind, changes)
        values = self._addresses.columns(kind, changes)
        task_id = None
        with self._database.transaction() as connection:
            _person([people.lock(connection, user_id)], user_id)
            row = _found(channels.lock(connection, channel_id), user_id, channel_id)
            if "name" in changes:
                _refuse_taken_name(connection, user_id, changes["name"], channel_id)
            if "url_sealed" in values:
                _refuse_haste(row, now)
            if values:
                channels.change(connection, channel_id, values)
                before = {**row, "address": ""}
                record_edit(connection, editor, AuditedType.CHANNEL, channel_id, before, audited(changes))
            if "url_sealed" in values:
                task_id = self._issue_code(connection, channel_id, editor, now)
            shown = _shown(_found(channels.find(connection, channel_id), user_id, channel_id))
        if task_id is not None:
            self._outbox.publish({task_id: None})
        return shown

    def delete(self, user_id: int, channel_id: int, editor: Editor) -> None:
        """Delete a channel with the rules about it. Raises Conflict naming what ends at it."""
        with self._database.transaction() as connection:
            row = _found(channels.lock(connection, channel_id), user_id, channel_id)
            refuse_used_channel(connection, channel_id, row["name"])
            channels.remove(connection, channel_id)
            record_removal(connection, editor, AuditedType.CHANNEL, channel_id, {"name": row["name"]})

    def send_code(self, user_id: int, channel_id: int, editor: Editor) -> str:
        """Send a new code to a channel's address; the one before is void. Return the task's id.

        Raises Conflict if the channel is verified, TooManyRequests less than a minute after the last code, and after
        too many.
        """
        now = clock.now()
        with self._database.transaction() as connection:
            row = _found(channels.lock(connection, channel_id), user_id, channel_id)
            if row["verified_at"] is not None:
                raise Conflict(f"the contact method {row['name']} is verified already")
            _refuse_haste(row, now)
            task_id = self._issue_code(connection, channel_id, editor, now)
        self._outbox.publish({task_id: None})
        return task_id

    def verify(self, user_id: int, channel_id: int, code: str, editor: Editor) -> Shown:
        """Verify a channel by the code that was sent to it; one that is verified already stays so.

        Raises Invalid naming `code` for a wrong one, Conflict if no code is valid.
        """
        now = clock.now()
        with self._database.transaction() as connection:
            row = _found(channels.lock(connection, channel_id), user_id, channel_id)
            if row["verified_at"] is None and not is_valid(row, now):
                raise Conflict(VOID)
            is_right = row["verified_at"] is not None or is_same(code, self._vault.open(row["code_sealed"]) or "")
            if not is_right:
                channels.change(connection, channel_id, {"code_failures": row["code_failures"] + 1})
            elif row["verified_at"] is None:
                channels.change(connection, channel_id, {"verified_at": now, "code_sealed": None, "code_failures": 0})
                verified = ({"verified": False}, {"verified": True})
                record_edit(connection, editor, AuditedType.CHANNEL, channel_id, *verified)
            shown = _shown(_found(channels.find(connection, channel_id), user_id, channel_id))
        # After the transaction: the wrong try counts.
        if not is_right:
            raise Invalid("code", _wrong(MAX_FAILURES - row["code_failures"] - 1))
        return shown

    def _issue_code(self, connection: Connection, channel_id: int, editor: Editor, now: datetime) -> str:
        refuse_many(connection, editor.user_id, now)
        code = {"code_sealed": self._vault.seal(new_code()), "code_sent_at": now, "code_failures": 0}
        channels.change(connection, channel_id, code)
        task_id = new_task_id(TryChannel.type)
        by = editor.user_id or None
        self._outbox.record(connection, task_id, TryChannel(channel_id=channel_id, code=True), requested_by=by)
        return task_id


def _shown(row: Mapping[Any, Any]) -> Shown:
    return {**row, "code_expires_at": expires_at(row)}


def _found(row: RowMapping | None, user_id: int, channel_id: int) -> RowMapping:
    if row is None or row["user_id"] != user_id:
        raise NotFound(f"user {user_id} has no contact method {channel_id}")
    return row


def _person(rows: Sequence[RowMapping | None], user_id: int) -> None:
    if not any(rows):
        raise NotFound(f"there is no user {user_id}")


def _refuse_haste(row: Mapping[Any, Any], now: datetime) -> None:
    left_s = wait_s(row, now)
    if left_s > 0:
        raise TooManyRequests(f"a code was sent less than a minute ago: try again in {left_s} s", left_s)


def refuse_many(connection: Connection, user_id: int, now: datetime) -> None:
    """Raise TooManyRequests if a user has had too many codes sent of late."""
    first = trials.requested_at(connection, user_id, now - CODES_WITHIN, MAX_CODES)
    if first is not None:
        left_s = int((first + CODES_WITHIN - now).total_seconds()) + 1
        raise TooManyRequests(f"you have had {MAX_CODES} codes sent within an hour: try again in {left_s} s", left_s)


def _refuse_taken_name(connection: Connection, user_id: int, name: str, except_id: int | None = None) -> None:
    if channels.is_name_taken(connection, user_id, name, except_id):
        raise NameTaken(f"there is already a contact method named {name}")


def _wrong(left: int) -> str:
    return f"Is not the code that was sent. {left} tries are left." if left > 0 else "Is not the code that was sent."
