"""Connections that wait for their clients: for how long each may, and how many bytes all of them may hold."""

from http import HTTPStatus
from typing import Literal, Protocol

from app import clock
from app.measures import CONNECTIONS_CUT

OVERDUE = ("overdue", HTTPStatus.REQUEST_TIMEOUT, "The request did not arrive in time.")
NO_ROOM = ("no_room", HTTPStatus.SERVICE_UNAVAILABLE, "The server has no room for this request now: try again.")


class Waiting(Protocol):
    """A connection that waits for its client."""

    def give_up(self, status: HTTPStatus, detail: str) -> None:
        """End the connection, with an answer if the client has begun to ask for something."""


class Waits:
    """Who waits for longest comes first, and goes first when the connections hold too much.

    A client that means well sends a request within milliseconds, so the oldest wait is that of a client that does not.
    """

    def __init__(self, waiting_for: Literal["request", "answer"], most_s: float, most_bytes: int) -> None:
        self._waiting_for = waiting_for
        self._most_s = most_s
        self._most_bytes = most_bytes
        self._since: dict[Waiting, float] = {}
        self._held: dict[Waiting, int] = {}
        self._total = 0

    def begin(self, connection: Waiting) -> None:
        """Note that a connection waits from now on, and holds nothing yet."""
        self.end(connection)
        self._since[connection] = clock.monotonic()

    def hold(self, connection: Waiting, count: int) -> None:
        """Note that a connection that waits holds `count` more bytes. With the first ones its wait begins anew."""
        if connection not in self._since:
            return
        if connection not in self._held:
            self.begin(connection)
        self._held[connection] = self._held.get(connection, 0) + count
        self._total += count
        while self._total > self._most_bytes:
            oldest = next((waiting for waiting in self._since if waiting in self._held), None)
            if oldest is None:
                return
            self._give_up(oldest, *NO_ROOM)

    def stop_waiting(self, connection: Waiting) -> None:
        """Note that a connection waits no longer, although it still holds what it did."""
        self._since.pop(connection, None)

    def held(self, connection: Waiting) -> int:
        """Return how many bytes a connection holds."""
        return self._held.get(connection, 0)

    def end(self, connection: Waiting) -> None:
        """Note that a connection waits no longer, and holds nothing."""
        self._since.pop(connection, None)
        self._total -= self._held.pop(connection, 0)

    def give_up_oldest(self) -> bool:
        """End the connection that has waited for longest; False when none waits."""
        oldest = next(iter(self._since), None)
        if oldest is None:
            return False
        self._give_up(oldest, *NO_ROOM)
        return True

    def give_up_overdue(self) -> None:
        """End the connections that have waited too long."""
        until = clock.monotonic() - self._most_s
        for connection in [connection for connection, since in self._since.items() if since < until]:
            self._give_up(connection, *OVERDUE)

    def _give_up(self, connection: Waiting, reason: str, status: HTTPStatus, detail: str) -> None:
        CONNECTIONS_CUT.add(self._waiting_for, reason)
        connection.give_up(status, detail)
        self.end(connection)
