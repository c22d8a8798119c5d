"""Accepts connections, and leaves them to a worker that has fewer."""

import asyncio
import socket
from collections.abc import Callable
from multiprocessing.sharedctypes import RawArray
from typing import Any

import structlog

log = structlog.get_logger()
PLACES = 64
NOBODY = -1
LEAVE_S = 0.001
"""How long a connection is left to a worker that has fewer."""
RETRY_S = 1.0
MAX_AT_END = 512
"""Connections that a worker still accepts when it shuts down; gunicorn's backlog is as long."""


class ConnectionCounts:
    """The number of connections of each gunicorn worker, by its number, in shared memory.

    With more workers than slots two workers share one, and both appear to have the count that was written last.
    """

    def __init__(self) -> None:
        self._counts = RawArray("i", [NOBODY] * PLACES)

    def tell(self, number: int, count: int) -> None:
        """Note the number of connections of a worker; NOBODY when it accepts no more."""
        self._counts[number % PLACES] = count

    def has_most(self, number: int) -> bool:
        """Return whether another worker has fewer connections than this one."""
        return bool(
            self._counts[number % PLACES] > min((count for count in self._counts if count != NOBODY), default=0)
        )


class FairListener:
    """One worker's listener on a socket that all workers share.

    The first worker that wakes up accepts a connection: of eight that arrive together one worker often accepts all and
    keeps them, while the other's CPU is idle. So a worker that has more connections than another one leaves a new
    connection for a moment, and accepts it if it is still there.
    """

    def __init__(
        self, listener: socket.socket, counts: ConnectionCounts, number: int, make: Callable[[], asyncio.Protocol]
    ) -> None:
        """`number` is the worker's slot in the counts; `make` returns the protocol of a connection."""
        self._socket = listener
        self._counts = counts
        self._number = number
        self._make = make
        self._loop = asyncio.get_running_loop()
        self._opening: set[asyncio.Future[Any]] = set()

    def start(self) -> None:
        """Start accepting."""
        self._socket.setblocking(False)
        self._loop.add_reader(self._socket, self._arrive)

    def stop(self) -> None:
        """Accept the connections that are already established, which the kernel would otherwise reset."""
        self._loop.remove_reader(self._socket)
        for _ in range(MAX_AT_END):
            if not self._accept():
                break
        self._socket.close()

    def _arrive(self) -> None:
        if self._counts.has_most(self._number):
            self._pause(LEAVE_S)
        else:
            self._accept()

    def _pause(self, delay_s: float) -> None:
        self._loop.remove_reader(self._socket)
        self._loop.call_later(delay_s, self._resume)

    def _resume(self) -> None:
        if self._socket.fileno() >= 0:
            self.start()
            self._accept()

    def _accept(self) -> bool:
        try:
            connection, _ = self._socket.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return False
        except OSError as error:
            # Most likely no file descriptor is left: an open connection must end first.
            log.error("connection.not_accepted", error=str(error))
            self._pause(RETRY_S)
            return False
        connection.setblocking(False)
        opening = asyncio.ensure_future(self._loop.connect_accepted_socket(self._make, connection))
        self._opening.add(opening)
        opening.add_done_callback(self._opening.discard)
        return True
