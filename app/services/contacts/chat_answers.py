"""Tells people in chats why their click did nothing, by tasks: the web process sends nothing itself."""

import json
from typing import Any

from app.channels.chat.slack import Slack
from app.channels.sender import Outcome
from app.enums import ChannelKind
from app.errors import NotificationFailed
from app.rules.task_params.contacts import AnswerChat
from app.services.ledger.outbox import Outbox, new_task_id
from app.store.contacts import channels
from app.store.database.engine import Database
from app.store.database.vault import Vault


class ChatAnswers:
    """Methods raise DatabaseUnavailable. Only Slack needs it: the others show what is in the response to the click."""

    def __init__(self, database: Database, vault: Vault, outbox: Outbox) -> None:
        self._database = database
        self._vault = vault
        self._outbox = outbox

    def queue(self, channel_id: int, chat: str, user: str, text: str) -> None:
        """Queue an answer that nobody but the person sees."""
        sealed = self._vault.seal(json.dumps({"chat": chat, "user": user, "text": text})) or ""
        task_id = new_task_id(AnswerChat.type)
        with self._database.transaction() as connection:
            self._outbox.record(connection, task_id, AnswerChat(channel_id=channel_id, answer=sealed))
        self._outbox.publish({task_id: None})

    def send(self, channel_id: int, answer: str) -> dict[str, Any]:
        """Send an answer; return how many were sent.

        Raises NotificationFailed if Slack refused it. One whose outcome is unknown is not repeated: it is no page.
        """
        with self._database.reading() as connection:
            row = channels.find_sealed(connection, channel_id)
        if row is None or row["kind"] != ChannelKind.SLACK:
            return {"sent": 0}
        told = json.loads(self._vault.open(answer) or "{}")
        slack = Slack(json.loads(self._vault.open(row["url_sealed"]) or "{}"))
        delivery = slack.answer(told["chat"], told["user"], told["text"])
        if delivery.outcome is Outcome.FAILED:
            raise NotificationFailed(
                f"the answer was not sent: {delivery.reason}", retry_after_s=delivery.retry_after_s
            )
        return {"sent": int(delivery.outcome is Outcome.SENT)}
