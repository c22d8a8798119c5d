"""gunicorn's worker: starts the event loop, accepts connections, and ends what is open on shutdown."""

import asyncio
import os
import resource
import socket
from contextlib import suppress
from functools import partial

import uvloop as uvloop  # before the workers fork: they share it
from gunicorn.workers.gasgi import ASGIWorker

from app.web.server import front_door
from app.web.server.connection import Connection
from app.web.server.front_door import FrontDoor
from app.web.server.listener import NOBODY, ConnectionCounts, FairListener

SPARE_FILES = 500
"""File descriptors of a process besides connections: databases, Redis, logs, monitors."""
SEND_BUFFER = 64 * 1024
"""Bytes that the kernel buffers for a slow client; what is buffered here is counted."""
SILENT_AFTER_MS = 60_000
"""When a client whose machine is gone counts as gone."""
ARRIVING_S = 0.1
"""How long a client that has just connected may take to send its request before the worker ends."""


class EventLoopWorker(ASGIWorker):  # type: ignore[misc]
    """Serves the Flask application `wsgi:application` behind an event loop."""

    counts = ConnectionCounts()
    front_door: FrontDoor

    async def _serve(self) -> None:
        files = raise_file_limit(front_door.MAX_CONNECTIONS + SPARE_FILES)
        most_connections = min(front_door.MAX_CONNECTIONS, max(files - SPARE_FILES, files // 2))
        self.front_door = FrontDoor(self.asgi, partial(self.counts.tell, self.age), most_connections)
        for each in self.sockets:
            bound_by_kernel(each.sock)
        listeners = [FairListener(each.sock, self.counts, self.age, lambda: Connection(self)) for each in self.sockets]
        for listener in listeners:
            listener.start()
        while self.alive and self.ppid == os.getppid():
            self.notify()
            self.front_door.look()
            await asyncio.sleep(1.0)
        for listener in listeners:
            listener.stop()
        self.counts.tell(self.age, NOBODY)
        await asyncio.sleep(ARRIVING_S)
        self.front_door.stop()
        await self._shutdown()


def raise_file_limit(files: int) -> int:
    """Raise this process's limit of open files up to this number if allowed, and return the limit.

    The usual 1,024 are fewer than the clients that keep a connection open.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < files:
        soft = min(files, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return soft


def bound_by_kernel(listener: socket.socket) -> None:
    """Have the kernel buffer little for each client and detect dead ones; accepted sockets inherit the options."""
    with suppress(OSError):  # a Unix socket has no such options
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        listener.setsockopt(socket.IPPROTO_TCP, getattr(socket, "TCP_USER_TIMEOUT", 18), SILENT_AFTER_MS)
