"""Sends notification messages: the work of a task of type `notify`."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from app import clock
from app.channels.sender import Delivery, Message, Outcome, Sender
from app.channels.template_renderer import TemplateFault
from app.errors import NotificationFailed, NotificationUncertain
from app.rules.response.notification_texts import Text, trial_text
from app.rules.response.notifications import Change
from app.services.response.message_drafts import draft_of
from app.services.response.message_writer import Draft, MessageWriter, Written, described, with_note
from app.store.database.engine import Database
from app.store.database.vault import Vault
from app.store.ledger import task_attempts
from app.store.response import notification_changes, notification_messages, notifications


class NotificationDelivery:
    """Sends each message at most once, unless a person retries one whose outcome is unknown."""

    def __init__(self, database: Database, vault: Vault, sender: Sender, writer: MessageWriter) -> None:
        self._database = database
        self._vault = vault
        self._sender = sender
        self._writer = writer

    def send(self, task_id: str, notification_id: int, test: bool = False) -> dict[str, Any]:
        """Send the task's message, or a test message to the notification's address.

        Raises NotificationFailed if the receiver rejected it, NotificationUncertain if the outcome is unknown,
        TaskFailed if the address was encrypted with another secret key, DatabaseUnavailable.
        """
        draft = self._draft(task_id, notification_id)
        if draft is None or not (draft.changes or test):
            return {"sent": 0, "changes": 0}
        # Before the transaction: a template may take seconds.
        written = Written(trial_text(draft.rule, draft.name)) if test else self._writer.write(draft)
        count = len(draft.changes)
        with self._database.transaction() as connection:
            row = notifications.lock(connection, notification_id)
            if row is None or not (row["enabled"] or test):
                return {"sent": 0, "changes": 0}
            if test:
                notification_messages.ensure(connection, task_id, notification_id, clock.now())
            message = notification_messages.find(connection, task_id)
            if message is None:
                return {"sent": 0, "changes": 0}
            if message["sent_at"] is not None:
                return {"sent": 1, "changes": count}
            if message["sending_at"] is not None and not _is_asked_again(connection, task_id, message["sending_at"]):
                raise NotificationUncertain("it is unknown whether the message arrived: sending was interrupted")
            url = self._vault.open(row["url_sealed"]) or ""
            notification_messages.mark(connection, task_id, sending_at=clock.now())
        delivery = self._sender.send(url, _message(with_note(draft.rule, written)))
        self._record(task_id, notification_id, delivery, written.fault)
        return {"sent": 1, "changes": count}

    def _draft(self, task_id: str, notification_id: int) -> Draft | None:
        """Return what the task's message is about; None if the notification does not exist any more."""
        with self._database.reading() as connection:
            row = notifications.find(connection, notification_id)
            if row is None:
                return None
            rows = notification_changes.of_message(connection, task_id)
            changes = [change for change in map(Change.from_row, rows) if change is not None]
            return draft_of(connection, row, changes)

    def _record(self, task_id: str, notification_id: int, delivery: Delivery, fault: TemplateFault | None) -> None:
        now = clock.now()
        error = f"the template failed, so the built-in text was sent: {described(fault)}" if fault else None
        with self._database.transaction() as connection:
            if delivery.outcome is Outcome.SENT:
                notification_messages.mark(connection, task_id, sending_at=now, sent_at=now)
                notifications.change(connection, notification_id, {"last_sent_at": now, "last_error": error})
            else:
                notifications.change(connection, notification_id, {"last_error": delivery.reason})
            if delivery.outcome is Outcome.FAILED:
                notification_messages.mark(connection, task_id, sending_at=None)
        if delivery.outcome is Outcome.FAILED:
            raise NotificationFailed(f"the message was not sent: {delivery.reason}")
        if delivery.outcome is Outcome.UNCERTAIN:
            raise NotificationUncertain(f"it is unknown whether the message arrived: {delivery.reason}")


def _is_asked_again(connection: Connection, task_id: str, sending_at: datetime) -> bool:
    """Return whether the task died since then with an unknown outcome: only a person can have retried it."""
    history = task_attempts.history(connection, task_id)
    buried = [attempt["finished_at"] for attempt in history if attempt["reason"] == NotificationUncertain.code]
    return any(at > sending_at for at in buried)


def _message(text: Text) -> Message:
    return Message(text.title, text.body, text.tone)
