"""Sends a test message to an address before it is saved."""

import json
from collections.abc import Mapping
from typing import Any

from app.channels.outgoing import ChannelSender, Outgoing
from app.channels.sender import Delivery, Message
from app.enums import ChannelKind, Language, TaskType
from app.errors import NotFound
from app.rules.contacts.trial_texts import trial_text
from app.services.contacts.addresses import Addresses
from app.services.ledger.outbox import new_task_id
from app.store.contacts import channels
from app.store.database.engine import Database
from app.store.database.vault import Vault


class AddressTrials:
    """Nothing is stored, and nothing of an address is shown. Both methods raise Invalid naming the wrong field."""

    def __init__(self, database: Database, vault: Vault, addresses: Addresses, sender: ChannelSender) -> None:
        self._database = database
        self._vault = vault
        self._addresses = addresses
        self._sender = sender

    def try_new(self, fields: Mapping[str, Any]) -> Delivery:
        """Send a test message to a channel that is not saved, within the time limit of a message."""
        self._addresses.validate(fields["kind"], fields, is_new=True)
        return self._send(fields["kind"], _address(fields), fields)

    def try_changed(self, channel_id: int, changes: Mapping[str, Any]) -> Delivery:
        """Send a test message to a shared channel as it would be after changes. Raises NotFound, TaskFailed."""
        with self._database.reading() as connection:
            row = channels.find_sealed(connection, channel_id)
        if row is None or row["user_id"] is not None:
            raise NotFound(f"there is no shared channel {channel_id}")
        self._addresses.validate(row["kind"], changes)
        address = _address(changes) or self._vault.open(row["url_sealed"]) or ""
        return self._send(row["kind"], address, {**row, **changes})

    def _send(self, kind: str, address: str, about: Mapping[str, Any]) -> Delivery:
        text = trial_text(Language(about["language"]), about["name"])
        message = Message(text.title, text.body, text.tone)
        return self._sender.send(Outgoing(ChannelKind(kind), address, message, new_task_id(TaskType.TRY_CHANNEL)))


def _address(fields: Mapping[str, Any]) -> str:
    """Return the address in the fields as it is stored; blank if there is none."""
    return json.dumps(fields["settings"]) if fields.get("settings") else fields.get("url") or ""
