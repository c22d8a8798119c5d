"""Connections that wait for their clients: how long each may wait, and how many bytes all of them may hold."""

from http import HTTPStatus
from typing import Literal, Protocol

from app import clock
from app.metrics import CONNECTIONS_CUT

OVERDUE = ("overdue", HTTPStatus.REQUEST_TIMEOUT, "The request did not arrive in time.")
NO_ROOM = ("no_room", HTTPStatus.SERVICE_UNAVAILABLE, "The server is overloaded: try again.")


class Waiting(Protocol):
    """A connection that waits for its client."""

    def give_up(self, status: HTTPStatus, detail: str) -> None:
        """End the connection, with a response if a request has begun."""


class Deadlines:
    """The connections by their waiting time; the longest wait is ended first when they hold too many bytes.

    A well-behaved client sends a request within milliseconds, so the longest wait is that of a bad one.
    """

    def __init__(self, waiting_for: Literal["request", "answer"], most_s: float, most_bytes: int) -> None:
        self._waiting_for = waiting_for
        self._most_s = most_s
        self._most_bytes = most_bytes
        self._since: dict[Waiting, float] = {}
        self._held: dict[Waiting, int] = {}
        self._total = 0

    def begin(self, connection: Waiting, count: int = 0) -> None:
        """Note that a connection starts to wait and holds `count` bytes."""
        self.end(connection)
        self._since[connection] = clock.monotonic()
        self._hold(connection, count)

    def hold(self, connection: Waiting, count: int) -> None:
        """Note that a connection holds `count` more bytes, if it is waiting. The first bytes restart its wait."""
        if connection in self._since:
            if connection in self._held:
                self._hold(connection, count)
            else:
                self.begin(connection, count)

    def held(self, connection: Waiting) -> int:
        """Return how many bytes a connection holds."""
        return self._held.get(connection, 0)

    def stop_waiting(self, connection: Waiting) -> None:
        """Note that a connection stops waiting but keeps its bytes."""
        self._since.pop(connection, None)

    def end(self, connection: Waiting) -> None:
        """Note that a connection stops waiting and holds no bytes."""
        self._since.pop(connection, None)
        self._total -= self._held.pop(connection, 0)

    def give_up_oldest(self) -> bool:
        """End the connection that has waited longest; False when none is waiting."""
        return self._give_up(next(iter(self._since), None), *NO_ROOM)

    def give_up_overdue(self) -> None:
        """End the connections that have waited too long."""
        until = clock.monotonic() - self._most_s
        for connection in [connection for connection, since in self._since.items() if since < until]:
            self._give_up(connection, *OVERDUE)

    def _hold(self, connection: Waiting, count: int) -> None:
        if count:
            self._held[connection] = self.held(connection) + count
            self._total += count
        is_left = True
        while self._total > self._most_bytes and is_left:
            is_left = self._give_up(next((each for each in self._since if each in self._held), None), *NO_ROOM)

    def _give_up(self, connection: Waiting | None, reason: str, status: HTTPStatus, detail: str) -> bool:
        if connection is not None:
            CONNECTIONS_CUT.add(self._waiting_for, reason)
            connection.give_up(status, detail)
            self.end(connection)
        return connection is not None
