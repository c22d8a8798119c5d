"""A TCP proxy whose connections can be made to swallow everything, as a firewall that forgot them does."""

import socket
import threading
from contextlib import suppress
from typing import Self


class Proxy:
    """Forwards connections to a local port, inside its `with` block."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        self._generation = 0
        self.port = int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self._listener, *self._sockets):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def swallow(self) -> None:
        """Forward nothing more of the connections that there are; they stay open. New ones work."""
        self._generation += 1

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                self._sockets += [client, server]
                for source, target in ((client, server), (server, client)):
                    threading.Thread(target=self._forward, args=(source, target, self._generation), daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket, generation: int) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if generation == self._generation:
                    target.sendall(data)
            if generation == self._generation:
                target.shutdown(socket.SHUT_WR)
