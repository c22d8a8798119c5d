"""Sends notification messages: the work of a task of type `notify`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping

from app import clock
from app.channels.outgoing import ChannelSender, Outgoing
from app.channels.sender import Delivery, Message, Outcome
from app.channels.template_renderer import TemplateFault
from app.enums import ChannelKind, DeliveryGuarantee, Language
from app.errors import NotificationFailed, NotificationUncertain, TaskFailed
from app.rules.response import decision_reasons as reasons
from app.rules.response.notification_texts import Text, as_repeat, trial_text
from app.rules.response.notifications import Change
from app.services.contacts.channel_health import record_outcome
from app.services.response.message_drafts import draft_of
from app.services.response.message_writer import Draft, MessageWriter, Written, described, with_note
from app.store.contacts import channels
from app.store.database.engine import Database
from app.store.database.vault import Vault
from app.store.ledger import task_attempts
from app.store.response import decisions, notification_changes, notification_messages, notifications


@dataclass(frozen=True, slots=True)
class Prepared:
    """A message that is about to be sent, which is committed before it is."""

    outgoing: Outgoing
    channel_id: int | None
    """None for an address that only its route has."""
    is_repeatable: bool
    """Whether it is sent again if nobody knows whether it arrived."""


class NotificationDelivery:
    """Sends each message as often as its channel wants: at most once, or until somebody knows that it arrived.

    At most once, only a person sends a message again whose outcome is unknown.
    """

    def __init__(self, database: Database, vault: Vault, sender: ChannelSender, writer: MessageWriter) -> None:
        self._database = database
        self._vault = vault
        self._sender = sender
        self._writer = writer

    def send(self, task_id: str, notification_id: int, test: bool = False) -> dict[str, Any]:
        """Send the task's message, or a test message to the route's address.

        Raises NotificationFailed if the receiver rejected it, or if the outcome is unknown and it may be sent again,
        NotificationUncertain if it may not, TaskFailed if the channel is disabled or the address was encrypted with
        another secret key, DatabaseUnavailable.
        """
        draft = self._draft(task_id, notification_id)
        if draft is None or not (draft.changes or test):
            return {"sent": 0, "changes": 0}
        # Before the transaction: a template may take seconds.
        written = Written(trial_text(draft.rule, draft.name)) if test else self._writer.write(draft)
        event_ids = [change.event_id for change in draft.changes]
        with self._database.transaction() as connection:
            row = notifications.lock(connection, notification_id)
            if row is None:
                return {"sent": 0, "changes": 0}
            if not (row["enabled"] or test):
                reason = dict.fromkeys(event_ids, reasons.ROUTE_DISABLED)
                decisions.drop(connection, notification_id, reason, clock.now())
                return {"sent": 0, "changes": 0}
            if test:
                notification_messages.ensure(connection, task_id, notification_id, clock.now())
            message = notification_messages.find(connection, task_id)
            if message is None:
                return {"sent": 0, "changes": 0}
            if message["sent_at"] is not None:
                return {"sent": 1, "changes": len(event_ids)}
            prepared = self._prepare(connection, task_id, row, message["sending_at"], with_note(draft.rule, written))
            notification_messages.mark(connection, task_id, sending_at=clock.now())
        delivery = self._sender.send(prepared.outgoing)
        self._record(task_id, notification_id, prepared, delivery, event_ids, written.fault)
        return {"sent": 1, "changes": len(event_ids)}

    def _draft(self, task_id: str, notification_id: int) -> Draft | None:
        """Return what the task's message is about; None if the route does not exist any more."""
        with self._database.reading() as connection:
            row = notifications.find(connection, notification_id)
            if row is None:
                return None
            rows = notification_changes.of_message(connection, task_id)
            changes = [change for change in map(Change.from_row, rows) if change is not None]
            return draft_of(connection, row, changes)

    def _prepare(
        self, connection: Connection, task_id: str, row: RowMapping, sending_at: datetime | None, text: Text
    ) -> Prepared:
        channel = None if row["channel_id"] is None else channels.find_sealed(connection, row["channel_id"])
        if channel is not None and not channel["enabled"]:
            raise TaskFailed(f"the channel {channel['name']} is disabled")
        is_repeatable = channel is not None and channel["delivery"] == DeliveryGuarantee.AT_LEAST_ONCE
        is_repeat = sending_at is not None and is_repeatable
        if sending_at is not None and not is_repeat and not _is_asked_again(connection, task_id, sending_at):
            raise NotificationUncertain("it is unknown whether the message arrived: sending was interrupted")
        if is_repeat:
            text = as_repeat(Language(row["language"]), text)
        kind = ChannelKind.APPRISE if channel is None else ChannelKind(channel["kind"])
        # The previous release wrote a row without a channel: its address is its own.
        address = self._vault.open((row if channel is None else channel)["url_sealed"]) or ""
        message = Message(text.title, text.body, text.tone)
        return Prepared(Outgoing(kind, address, message, task_id, is_repeat), row["channel_id"], is_repeatable)

    def _record(
        self,
        task_id: str,
        notification_id: int,
        prepared: Prepared,
        delivery: Delivery,
        event_ids: Sequence[int],
        fault: TemplateFault | None,
    ) -> None:
        now = clock.now()
        error = f"the template failed, so the built-in text was sent: {described(fault)}" if fault else None
        with self._database.transaction() as connection:
            if delivery.outcome is Outcome.SENT:
                notification_messages.mark(connection, task_id, sending_at=now, sent_at=now)
                notifications.change(connection, notification_id, {"last_sent_at": now, "last_error": error})
                decisions.tell(connection, notification_id, event_ids, task_id, now)
            else:
                notifications.change(connection, notification_id, {"last_error": delivery.reason})
            # A repeat stays one: an earlier attempt may have arrived.
            if delivery.outcome is Outcome.FAILED and not prepared.outgoing.is_repeat:
                notification_messages.mark(connection, task_id, sending_at=None)
            if prepared.channel_id is not None:
                record_outcome(connection, prepared.channel_id, delivery, now)
        if delivery.outcome is Outcome.FAILED:
            reason = f"the message was not sent: {delivery.reason}"
            raise NotificationFailed(reason, retry_after_s=delivery.retry_after_s)
        if delivery.outcome is Outcome.UNCERTAIN and prepared.is_repeatable:
            raise NotificationFailed(f"it is unknown whether the message arrived, so it is repeated: {delivery.reason}")
        if delivery.outcome is Outcome.UNCERTAIN:
            raise NotificationUncertain(f"it is unknown whether the message arrived: {delivery.reason}")


def _is_asked_again(connection: Connection, task_id: str, sending_at: datetime) -> bool:
    """Return whether the task died since then with an unknown outcome: only a person can have retried it."""
    history = task_attempts.history(connection, task_id)
    buried = [attempt["finished_at"] for attempt in history if attempt["reason"] == NotificationUncertain.code]
    return any(at > sending_at for at in buried)
