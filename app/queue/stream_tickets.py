"""Single-use, short-lived tickets for event streams, so that one in a URL or a log is worthless later."""

import hashlib
import secrets
from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken

from app.queue.connection import Broker

TICKET_S = 30


class Tickets:
    """Redis stores a ticket's hash and, encrypted with the ticket, its session id: a reader of Redis gets neither.

    Every method raises BrokerUnavailable.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def issue(self, session_id: str) -> str:
        """Return a ticket for a session."""
        ticket = secrets.token_urlsafe(32)
        sealed = _seal_of(ticket).encrypt(session_id.encode()).decode()
        with self._broker.use() as redis:
            redis.set(self._key(ticket), sealed, ex=TICKET_S)
        return ticket

    def redeem(self, ticket: str) -> str | None:
        """Return the session of a ticket on its first use."""
        with self._broker.use() as redis:
            pipeline = redis.pipeline(transaction=True)
            pipeline.get(self._key(ticket))
            pipeline.delete(self._key(ticket))
            sealed = pipeline.execute()[0]
        try:
            return None if sealed is None else _seal_of(ticket).decrypt(sealed).decode()
        except InvalidToken:
            # Somebody else wrote it.
            return None

    def _key(self, ticket: str) -> str:
        return self._broker.keys.ticket(hashlib.sha256(ticket.encode(errors="replace")).hexdigest())


def _seal_of(ticket: str) -> Fernet:
    """Return the key derived from the ticket: 256 random bits need no slow derivation, only to differ from the hash."""
    return Fernet(urlsafe_b64encode(hashlib.sha256(b"session of " + ticket.encode(errors="replace")).digest()))
