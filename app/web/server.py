"""gunicorn's worker with threads, made fair to the others and safe from clients that take their time."""

import socket
import threading
from contextlib import suppress
from typing import Any

from gunicorn.workers import gthread

from app import clock
from app.web.connection_counts import ConnectionCounts

READ_S = 20.0
"""How long a client may take to send a request. The answer may take longer: it may wait for a task."""
LEAVE_S = 0.001
"""How long a connection is left to a worker that has fewer."""


class PatientWorker(gthread.ThreadWorker):  # type: ignore[misc]
    """Leaves connections to workers that have fewer, and gives no client a thread for longer than its request may take.

    Whoever is awake takes a connection first: of eight that come at once often one worker takes all, and keeps them.
    The other one's processor then lies idle. So a worker that has more than another one lets a new connection wait for
    a moment, and takes it when it is still there.

    gunicorn reads a request in one of its threads and waits for ever for the rest of it: with two bytes a minute on
    each of 32 connections anybody could keep all of them. Here a connection whose time is over ends for reading, which
    a request that has arrived does not notice.
    """

    counts = ConnectionCounts()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lock = threading.Lock()
        self._begun: dict[Any, float] = {}
        self._left_until = 0.0

    def accept(self, listener: Any) -> None:
        """Accept a connection, or leave it to another worker."""
        now = clock.monotonic()
        if now > self._left_until + LEAVE_S and self.nr_conns > self.counts.least():
            self._left_until = now + LEAVE_S
            self.set_accept_enabled(False)
            return
        self._left_until = 0.0
        super().accept(listener)
        self.counts.tell(self.age, self.nr_conns)

    def set_accept_enabled(self, enabled: bool) -> None:
        """Look for new connections or not; gunicorn's loop calls this each time that it could be otherwise."""
        super().set_accept_enabled(enabled and clock.monotonic() >= self._left_until)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Wait, but not beyond the moment for which a connection was left to others."""
        if self.alive:
            self.counts.tell(self.age, self.nr_conns)
        else:
            self.counts.forget(self.age)
        left_s = self._left_until - clock.monotonic()
        super().wait_for_and_dispatch_events(min(timeout, left_s) if left_s > 0 else timeout)

    def handle(self, conn: Any) -> Any:
        """Serve a connection that has something to read; one that says nothing yet waits without a thread."""
        if not conn.initialized and not conn.data_ready and not conn.wait_for_data(0):
            return gthread._DEFER
        with self._lock:
            self._begun[conn] = clock.monotonic() + READ_S
        try:
            return super().handle(conn)
        finally:
            self._let_be(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer a request. One without a body has arrived; however long it takes, its connection may be used again."""
        if getattr(req.body.reader, "length", None) == 0:
            self._let_be(conn)
        return super().handle_request(req, conn)

    def murder_pending(self) -> None:
        """End what has lasted too long; gunicorn's loop calls this each second."""
        super().murder_pending()
        now = clock.monotonic()
        with self._lock:
            for conn, until in self._begun.items():
                if until < now:
                    with suppress(OSError):
                        conn.sock.shutdown(socket.SHUT_RD)

    def _let_be(self, conn: Any) -> None:
        with self._lock:
            self._begun.pop(conn, None)
