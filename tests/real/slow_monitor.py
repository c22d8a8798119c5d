"""A monitor that never answers, and knows when it was asked and when whoever asked was gone."""

import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Self


@dataclass
class Question:
    """A connection, in the moments of this process's clock."""

    asked_at: float
    gone_at: float | None = None


class SlowMonitor:
    """Listens inside its `with` block."""

    def __init__(self, address: str) -> None:
        self._listener = socket.create_server((address, 0))
        self._connections: list[socket.socket] = []
        self.asked: list[Question] = []
        self.url = f"http://{address}:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self._listener, *self._connections):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._connections.append(connection)
                question = Question(time.monotonic())
                self.asked.append(question)
                threading.Thread(target=self._hold, args=(connection, question), daemon=True).start()

    def _hold(self, connection: socket.socket, question: Question) -> None:
        with suppress(OSError):
            while connection.recv(65536):
                pass
        question.gone_at = time.monotonic()
