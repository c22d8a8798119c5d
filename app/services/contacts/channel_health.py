"""Keeps whether a channel works: what senders call after each message."""

from datetime import datetime

from sqlalchemy import Connection

from app.channels.sender import Delivery, Outcome
from app.store.contacts import channels

NO_REASON = "the message was not sent"


def record_outcome(connection: Connection, channel_id: int, delivery: Delivery, now: datetime) -> None:
    """Note the outcome of a message to a channel, in the transaction that notes what became of the message.

    The leader raises an alert about a channel that fails for long, and resolves it after the next success.
    """
    if delivery.outcome is Outcome.SENT:
        channels.record_sent(connection, channel_id, now)
    else:
        channels.record_failed(connection, channel_id, now, delivery.reason or NO_REASON)
