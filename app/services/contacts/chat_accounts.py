"""Links people's accounts in chats with users: a click there then counts as the user's."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping

from app import clock
from app.enums import AuditedType, ChannelKind
from app.errors import Conflict, Invalid, NotFound
from app.rules.chat.accounts import PATTERNS, check_external_id
from app.rules.chat.link_codes import is_code
from app.rules.task_params.contacts import TryChannel
from app.services.access.audit import Editor, record_creation, record_removal
from app.services.contacts.contact_methods import refuse_many
from app.services.ledger.outbox import Outbox, new_task_id
from app.store.contacts import channels, chat_accounts, people
from app.store.database.engine import Database
from app.store.database.vault import Vault

MAX_ACCOUNTS = 20


class ChatAccounts:
    """Methods raise NotFound for a user and for an account that is not the user's, and DatabaseUnavailable.

    A user links an account by a code that is sent to it; an administrator links it without.
    """

    def __init__(self, database: Database, vault: Vault, outbox: Outbox, secret_key: str) -> None:
        self._database = database
        self._vault = vault
        self._outbox = outbox
        self._secret_key = secret_key

    def list(self, user_id: int) -> Sequence[RowMapping]:
        """Return the accounts of a user."""
        with self._database.reading() as connection:
            if not people.find(connection, [user_id]):
                raise NotFound(f"there is no user {user_id}")
            return chat_accounts.of_user(connection, user_id)

    def send_code(self, user_id: int, channel_id: int, external_id: str, by: Editor) -> str:
        """Send a code to an account by the bot of a shared chat channel; return the task's id.

        Raises Invalid naming the field, TooManyRequests after too many codes.
        """
        with self._database.transaction() as connection:
            self._kind_of(connection, channel_id, external_id)
            refuse_many(connection, by.user_id, clock.now())
            task_id = new_task_id(TryChannel.type)
            # Ids of people are addresses, and tasks are seen by everybody who signs in.
            account = self._vault.seal(json.dumps({"user_id": user_id, "external_id": external_id}))
            params = TryChannel(channel_id=channel_id, code=True, account=account)
            self._outbox.record(connection, task_id, params, requested_by=by.user_id or None)
        self._outbox.publish({task_id: None})
        return task_id

    def link(self, user_id: int, channel_id: int, external_id: str, code: str, by: Editor) -> RowMapping:
        """Link an account by the code that was sent to it. Raises Invalid naming the field, and Conflict as `add`."""
        with self._database.reading() as connection:
            kind = self._kind_of(connection, channel_id, external_id)
        if not is_code(code, self._secret_key, user_id, kind, external_id, clock.now()):
            raise Invalid("code", "Is not the code that was sent, or is too old: have a new one sent.")
        return self.add(user_id, kind, external_id, by)

    def add(self, user_id: int, kind: ChannelKind, external_id: str, by: Editor) -> RowMapping:
        """Link an account. Raises Invalid naming the id, Conflict if it is linked already or there are too many."""
        check_external_id(kind, external_id)
        with self._database.transaction() as connection:
            if people.lock(connection, user_id) is None:
                raise NotFound(f"there is no user {user_id}")
            owner = chat_accounts.owner_of(connection, kind, external_id)
            if owner is not None:
                raise Conflict(f"this account is linked to the user {owner['username']} already: remove it there first")
            if len(chat_accounts.of_user(connection, user_id)) >= MAX_ACCOUNTS:
                raise Conflict(f"a user has at most {MAX_ACCOUNTS} accounts in chats: remove one first")
            row = {"user_id": user_id, "kind": kind, "external_id": external_id, "created_at": clock.now()}
            account_id = chat_accounts.add(connection, row)
            record_creation(connection, by, AuditedType.CHAT_ACCOUNT, account_id, _audited(row))
            return _found(connection, user_id, account_id)

    def remove(self, user_id: int, account_id: int, by: Editor) -> None:
        """Remove an account: a click there counts as nobody's again."""
        with self._database.transaction() as connection:
            row = _found(connection, user_id, account_id)
            chat_accounts.remove(connection, account_id)
            record_removal(connection, by, AuditedType.CHAT_ACCOUNT, account_id, _audited(row))

    def _kind_of(self, connection: Connection, channel_id: int, external_id: str) -> ChannelKind:
        """Return the kind of a shared chat channel in which somebody has this id. Raises Invalid."""
        row = channels.find(connection, channel_id)
        if row is None or row["user_id"] is not None or row["kind"] not in PATTERNS or not row["enabled"]:
            raise Invalid("channel_id", "Must be an enabled shared channel of the kind slack, telegram or lark.")
        kind = ChannelKind(row["kind"])
        check_external_id(kind, external_id)
        return kind


def _found(connection: Connection, user_id: int, account_id: int) -> RowMapping:
    row = chat_accounts.find(connection, account_id)
    if row is None or row["user_id"] != user_id:
        raise NotFound(f"user {user_id} has no account {account_id} in a chat")
    return row


def _audited(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("user_id", "kind", "external_id")}
