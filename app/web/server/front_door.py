"""What the connections of a process share: Flask's threads, the streams and the limits."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from flask import Flask

from app.web.server.deadlines import Deadlines, Waiting
from app.web.server.wsgi_bridge import Answer, call
from app.web.streams import EXTENSION
from app.web.streams.streams import Streams

MAX_CONNECTIONS = 2_000
REQUEST_S = 20.0
"""How long a client may take to send a request."""
REQUEST_BYTES = 64 * 1024 * 1024
"""Bytes that all unanswered requests of a process may hold."""
ANSWER_S = 60.0
"""How long a client may take to read a response."""
ANSWER_BYTES = 32 * 1024 * 1024
LIFE = "/healthz"
PROBES = ("/readyz", "/metrics")
CREDENTIALS = ("HTTP_AUTHORIZATION", "HTTP_COOKIE")
THREADS = 16
"""For requests with a credential; half as many for those without, so that the former need not wait for the latter."""
PROBE_THREADS = 2
PINGS = "/api/v1/heartbeats/hb_"
PING_THREADS = 4
"""For the pings of heartbeats, which have no other credential than their address: no stranger may delay them."""


class Connection(Waiting, Protocol):
    """The interface of a connection."""

    def close_if_idle(self) -> None:
        """Close it between two requests."""


class Lane:
    """A group of threads. A thread takes a request when the loop has taken its previous response.

    Threads that ran ahead of a busy loop would fill the memory with responses.
    """

    def __init__(self, name: str, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=f"flask {name}")
        self._free = asyncio.Semaphore(threads)

    async def call(self, application: Flask, environ: dict[str, Any]) -> Answer:
        """Have Flask handle a request."""
        await self._free.acquire()
        answering = asyncio.get_running_loop().run_in_executor(self._threads, call, application, environ)
        # Not before the thread is free: otherwise any number of clients that left meanwhile would wait behind it, with
        # bodies.
        answering.add_done_callback(lambda _: self._free.release())
        return await asyncio.shield(answering)


class FrontDoor:
    """One per process; only the event loop's thread uses it."""

    def __init__(self, application: Flask, tell_count: Callable[[int], None], most_connections: int) -> None:
        """`tell_count` is called with the number of connections."""
        self._application = application
        self._tell_count = tell_count
        self._most_connections = most_connections
        self._connections: set[Connection] = set()
        self._of_life = Lane("life", 1)
        self._of_probes = Lane("probes", PROBE_THREADS)
        self._of_pings = Lane("pings", PING_THREADS)
        self._of_strangers = Lane("strangers", THREADS // 2)
        self._of_users = Lane("users", THREADS)
        self.streams: Streams = application.extensions[EXTENSION]
        self.requests = Deadlines("request", REQUEST_S, REQUEST_BYTES)
        self.answers = Deadlines("answer", ANSWER_S, ANSWER_BYTES)
        tell_count(0)

    async def ask(self, environ: dict[str, Any]) -> Answer:
        """Have Flask handle a request."""
        return await self._lane_of(environ).call(self._application, environ)

    def _lane_of(self, environ: dict[str, Any]) -> Lane:
        path = environ["PATH_INFO"]
        if path == LIFE:
            # All others use the database and Redis; this one is answered while they are unavailable.
            return self._of_life
        if path in PROBES:
            return self._of_probes
        if path.startswith(PINGS):
            return self._of_pings
        return self._of_users if any(name in environ for name in CREDENTIALS) else self._of_strangers

    def enter(self, connection: Connection) -> None:
        """Add a connection; with too many, those that have waited longest for their clients are closed first."""
        self._connections.add(connection)
        self._tell_count(len(self._connections))
        self.requests.begin(connection)
        if len(self._connections) > self._most_connections and not self.requests.give_up_oldest():
            self.answers.give_up_oldest()

    def has(self, connection: Connection) -> bool:
        """Return whether a connection is still open."""
        return connection in self._connections

    def leave(self, connection: Connection) -> None:
        """Remove a connection that is gone."""
        self._connections.discard(connection)
        self._tell_count(len(self._connections))
        self.requests.end(connection)
        self.answers.end(connection)

    def look(self) -> None:
        """End what exceeded its deadline."""
        self.requests.give_up_overdue()
        self.answers.give_up_overdue()

    def stop(self) -> None:
        """End the streams, the requests that wait for tasks, and the idle connections."""
        self._tell_count = lambda _: None
        self.streams.close()
        for connection in list(self._connections):
            connection.close_if_idle()
