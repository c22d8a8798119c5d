"""Short-lived notes of what an action changed, by which it can be undone."""

import secrets

from app.queue.connection import Broker

KEPT_S = 15
"""Somewhat longer than people are offered to undo, for a slow network."""


class UndoNotes:
    """Redis keeps the notes: they expire by themselves, and one that is lost only takes away the offer.

    Every method raises BrokerUnavailable.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def keep(self, note: str) -> str:
        """Return the token of a note."""
        token = secrets.token_urlsafe(24)
        with self._broker.use() as redis:
            redis.set(self._broker.keys.undo(token), note, ex=KEPT_S)
        return token

    def read(self, token: str) -> str | None:
        """Return the note of a token, as long as it is kept."""
        with self._broker.use() as redis:
            note = redis.get(self._broker.keys.undo(token))
        return note.decode() if isinstance(note, bytes) else note

    def forget(self, token: str) -> None:
        """Remove a note that was used."""
        with self._broker.use() as redis:
            redis.delete(self._broker.keys.undo(token))
