"""Tickets to the events: good once and for a moment, so that one in an address or a log is worth nothing later."""

import hashlib
import secrets

from app.queue.connection import Broker

TICKET_S = 30


class Tickets:
    """Every method raises BrokerUnavailable."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def issue(self, session_id: str) -> str:
        """Return a ticket of a sign-in session."""
        ticket = secrets.token_urlsafe(32)
        with self._broker.use() as redis:
            redis.set(self._key(ticket), session_id, ex=TICKET_S)
        return ticket

    def redeem(self, ticket: str) -> str | None:
        """Return the session that a ticket stands for, the first time."""
        with self._broker.use() as redis:
            pipeline = redis.pipeline(transaction=True)
            pipeline.get(self._key(ticket))
            pipeline.delete(self._key(ticket))
            session_id = pipeline.execute()[0]
        return None if session_id is None else str(session_id)

    def _key(self, ticket: str) -> str:
        # Who can read Redis finds no ticket there that could still be used.
        return self._broker.keys.ticket(hashlib.sha256(ticket.encode()).hexdigest())
