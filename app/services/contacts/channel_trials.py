"""Sends codes and test messages to channels: the work of a task of type `try_channel`."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from app import clock
from app.channels.outgoing import ChannelSender, Outgoing
from app.channels.sender import Delivery, Message, Outcome
from app.enums import ChannelKind, Language
from app.errors import NotificationFailed, NotificationUncertain
from app.rules.chat.link_codes import code_of
from app.rules.contacts import trial_texts
from app.rules.contacts.codes import is_valid
from app.rules.response.notification_texts import Text
from app.services.contacts.channel_health import record_outcome
from app.store.contacts import channels, people
from app.store.database.engine import Database
from app.store.database.vault import Vault


class ChannelTrials:
    """A test message or a code that arrives twice does no harm, so an attempt that was interrupted sends it again."""

    def __init__(self, database: Database, vault: Vault, sender: ChannelSender, secret_key: str) -> None:
        self._database = database
        self._vault = vault
        self._sender = sender
        self._secret_key = secret_key

    def send(self, task_id: str, channel_id: int, *, is_code: bool) -> dict[str, int]:
        """Send a test message, or the code if it is still valid; return how many were sent.

        Raises NotificationFailed if the receiver rejected it, NotificationUncertain if the outcome is unknown,
        TaskFailed if the address was encrypted with another secret key, DatabaseUnavailable.
        """
        with self._database.reading() as connection:
            row = channels.find_sealed(connection, channel_id)
            text = None if row is None else self._text(connection, row, is_code=is_code)
        if row is None or text is None:
            return {"sent": 0}
        address = self._vault.open(row["url_sealed"]) or ""
        delivery = self._deliver(task_id, row, address, text)
        with self._database.transaction() as connection:
            record_outcome(connection, channel_id, delivery, clock.now())
        return _sent(delivery)

    def send_link_code(self, task_id: str, channel_id: int, account: str) -> dict[str, int]:
        """Send a code to an account in a chat by the bot of a channel; return how many were sent. Raises as `send`."""
        about = json.loads(self._vault.open(account) or "{}")
        with self._database.reading() as connection:
            row = channels.find_sealed(connection, channel_id)
            owner = people.find(connection, [about["user_id"]])
        if row is None or not owner:
            return {"sent": 0}
        kind, external_id = ChannelKind(row["kind"]), about["external_id"]
        code = code_of(self._secret_key, about["user_id"], kind, external_id, clock.now())
        settings = {**json.loads(self._vault.open(row["url_sealed"]) or "{}"), "chat_id": external_id}
        text = trial_texts.link_text(Language(row["language"]), owner[0]["username"], code)
        return _sent(self._deliver(task_id, row, json.dumps(settings), text))

    def _deliver(self, task_id: str, row: Mapping[Any, Any], address: str, text: Text) -> Delivery:
        message = Message(text.title, text.body, text.tone)
        return self._sender.send(Outgoing(ChannelKind(row["kind"]), address, message, task_id))

    def _text(self, connection: Connection, row: Mapping[Any, Any], *, is_code: bool) -> Text | None:
        """Return what to send; None for a code that is void."""
        language = Language(row["language"])
        if not is_code:
            return trial_texts.trial_text(language, row["name"])
        if not is_valid(row, clock.now()):
            return None
        owner = "".join(person["username"] for person in people.find(connection, [row["user_id"]]))
        return trial_texts.code_text(language, row["name"], owner, self._vault.open(row["code_sealed"]) or "")


def _sent(delivery: Delivery) -> dict[str, int]:
    if delivery.outcome is Outcome.FAILED:
        raise NotificationFailed(f"the message was not sent: {delivery.reason}", retry_after_s=delivery.retry_after_s)
    if delivery.outcome is Outcome.UNCERTAIN:
        raise NotificationUncertain(f"it is unknown whether the message arrived: {delivery.reason}")
    return {"sent": 1}
