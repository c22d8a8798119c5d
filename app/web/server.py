"""gunicorn's worker with threads, made safe from clients that take their time."""

import socket
import threading
from contextlib import suppress
from typing import Any

from gunicorn.workers import gthread

from app import clock

READ_S = 20.0
"""How long a client may take to send a request. The answer may take longer: it may wait for a task."""


class PatientWorker(gthread.ThreadWorker):  # type: ignore[misc]
    """Gives no client a thread for longer than its request may take to arrive.

    gunicorn reads a request in one of its threads and waits for ever for the rest of it: with two bytes a minute on
    each of 32 connections anybody could keep all of them. Here a connection whose time is over ends for reading, which
    a request that has arrived does not notice.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lock = threading.Lock()
        self._begun: dict[Any, float] = {}

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
