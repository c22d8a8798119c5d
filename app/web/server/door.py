"""What the connections of a process share: Flask and its threads, the streams, and what all of them may take."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from flask import Flask

from app.web.server.lanes import Lanes
from app.web.server.waits import Waiting, Waits
from app.web.streams import EXTENSION
from app.web.streams.streams import Streams

REQUEST_S = 20.0
"""How long a client may take to send a request."""
REQUEST_BYTES = 64 * 1024 * 1024
"""What all requests of a process that have not been answered yet may hold."""
ANSWER_S = 60.0
"""How long a client may take to read an answer."""
ANSWER_BYTES = 32 * 1024 * 1024
MOST_CONNECTIONS = 2_000
SPARE_FILES = 200
"""What the process itself opens: databases, Redis, logs, monitors."""


class Connection(Waiting, Protocol):
    """What the door has to do with a connection."""

    def close_if_idle(self) -> None:
        """Close it between two requests."""


class FrontDoor:
    """One of each process; only the event loop's thread uses it."""

    def __init__(self, application: Flask, threads: int, files: int, tell_count: Callable[[int], None]) -> None:
        """`threads` are Flask's, `files` may be open; `tell_count` hears how many connections there are."""
        self._most_connections = max(1, min(MOST_CONNECTIONS, files - SPARE_FILES))
        self._connections: set[Connection] = set()
        self._is_stopping = False
        self._tell_count = tell_count
        self.lanes = Lanes(application, threads)
        self.streams: Streams = application.extensions[EXTENSION]
        self.requests = Waits("request", REQUEST_S, REQUEST_BYTES)
        self.answers = Waits("answer", ANSWER_S, ANSWER_BYTES)

    def start(self) -> None:
        """Look after the connections from now on."""
        self._look()

    def enter(self, connection: Connection) -> None:
        """Take a connection in; of too many those go first that have waited longest for their clients."""
        self._connections.add(connection)
        self._tell_count(len(self._connections))
        self.requests.begin(connection)
        if len(self._connections) > self._most_connections and not self.requests.give_up_oldest():
            self.answers.give_up_oldest()

    def leave(self, connection: Connection) -> None:
        """Forget a connection that is gone."""
        self._connections.discard(connection)
        if not self._is_stopping:
            self._tell_count(len(self._connections))
        self.requests.end(connection)
        self.answers.end(connection)

    def stop(self) -> None:
        """End the streams, what waits for tasks, and the connections on which nobody asked for anything."""
        self._is_stopping = True
        self.streams.close()
        for connection in list(self._connections):
            connection.close_if_idle()

    def _look(self) -> None:
        if not self._is_stopping:
            self.requests.give_up_overdue()
            self.answers.give_up_overdue()
            asyncio.get_running_loop().call_later(1.0, self._look)
