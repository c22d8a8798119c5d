"""gunicorn's worker: starts the event loop, accepts connections, and ends what is open when it is told to stop."""

import asyncio
import os
import resource
from typing import Any

from gunicorn.workers.gasgi import ASGIWorker

from app.web.server.connection import Connection
from app.web.server.connection_counts import ConnectionCounts
from app.web.server.door import FrontDoor
from app.web.server.listener import FairListener

FILES = 16_384
"""How many files a process may have open, if the system lets it raise its limit that far."""


class EventLoopWorker(ASGIWorker):  # type: ignore[misc]
    """Serves the Flask application `wsgi:application` behind an event loop."""

    counts = ConnectionCounts()
    front_door: FrontDoor
    _has_to_stop: asyncio.Event

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        """Accept `threads`, which here are Flask's; the class above would warn that it ignores them."""

    def load_wsgi(self) -> None:
        """Load the Flask application."""
        super().load_wsgi()
        self.front_door = FrontDoor(self.asgi, self.cfg.threads, raise_file_limit(), self._tell_count)

    async def _serve(self) -> None:
        self._has_to_stop = asyncio.Event()
        self._tell_count(0)
        listeners = [FairListener(each.sock, self.counts, self.age, lambda: Connection(self)) for each in self.sockets]
        for listener in listeners:
            listener.start()
        self.front_door.start()
        while self.alive and self.ppid == os.getppid():
            self.notify()
            try:
                await asyncio.wait_for(self._has_to_stop.wait(), 1.0)
            except TimeoutError:
                continue
        for listener in listeners:
            listener.stop()
        self.counts.forget(self.age)
        self.front_door.stop()
        await self._shutdown()

    def handle_exit_signal(self) -> None:
        """Stop accepting, and let what was accepted end (SIGTERM)."""
        super().handle_exit_signal()
        self._has_to_stop.set()

    def _tell_count(self, count: int) -> None:
        self.counts.tell(self.age, count)


def raise_file_limit() -> int:
    """Allow this process as many open files as it may have, and return how many these are.

    The usual 1,024 would let a few hundred idle clients keep everybody else out.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return FILES if soft == resource.RLIM_INFINITY else soft
