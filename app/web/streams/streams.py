"""The streams of this process, as the views see them."""

import threading
from socket import socket

from app.composition import Services
from app.errors import TooManyStreams
from app.web.streams.chores import Admit, Chores
from app.web.streams.loop import StreamLoop
from app.web.streams.stream import Stream, Wish
from app.web.streams.wires import Wire

MOST_STREAMS = 600
"""Below the 1,024 files that a process may have open on many systems."""
STOP_S = 3.0


class Streams:
    """Starts its threads with the first stream, after the fork."""

    def __init__(self, services: Services, admit: Admit) -> None:
        self._services = services
        self._admit = admit
        self._lock = threading.Lock()
        self._count = 0
        self._loop: StreamLoop | None = None
        self._thread: threading.Thread | None = None
        self._chores: Chores | None = None

    def reserve(self) -> None:
        """Take a place for a stream. Raises TooManyStreams when there is none, or the process is about to end."""
        with self._lock:
            if self._count >= MOST_STREAMS or self._services.feed.is_closing:
                raise TooManyStreams("this server has no room for another stream: try again later")
            self._count += 1

    def open(self, connection: socket, wire: Wire, wish: Wish | None) -> None:
        """Serve a connection from now on, in the place that was reserved for it."""
        stream = Stream(connection, wire, wish)
        loop = self._running()
        loop.call(lambda: loop.add(stream))

    def leave(self) -> None:
        """Give a place back."""
        with self._lock:
            self._count -= 1

    def close(self) -> None:
        """Send all clients away, and let requests that wait for a task go on."""
        self._services.feed.close()
        self._services.task_watch.close()
        with self._lock:
            loop, thread, chores = self._loop, self._thread, self._chores
        if loop is not None and thread is not None and chores is not None:
            loop.call(loop.close)
            thread.join(STOP_S)
            chores.close()

    def _running(self) -> StreamLoop:
        with self._lock:
            if self._loop is None:
                self._chores = Chores(self._services.feed, self._services.auth, self._admit)
                self._loop = StreamLoop(self._chores, self.leave)
                self._thread = threading.Thread(target=self._loop.run, name="streams", daemon=True)
                self._thread.start()
                self._services.feed.listen(self._loop.hear)
            return self._loop
