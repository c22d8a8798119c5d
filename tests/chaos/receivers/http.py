"""`python -m tests.chaos.receivers.http PORT FILE`: keeps what Apprise posts to a json:// address."""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.chaos.receivers.book import Book, Mode

ANSWER = b'{"status": "received"}'
RETRY_AFTER_S = 2
LOOK_EVERY_S = 0.1


class Server(ThreadingHTTPServer):
    """Keeps messages in a book."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, book: Book) -> None:
        self.book = book
        super().__init__(("127.0.0.1", port), Handler)


class Handler(BaseHTTPRequestHandler):
    """One request; a connection carries no second one."""

    def do_POST(self) -> None:
        """Keep the message, then answer as the mode says."""
        assert isinstance(self.server, Server)
        book = self.server.book
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        mode = book.mode
        book.keep(mode, self.path, self.headers["Idempotency-Key"], message["title"], message["message"])
        if mode is Mode.HANGING:
            while book.mode is Mode.HANGING:
                time.sleep(LOOK_EVERY_S)
        elif mode is Mode.BROKEN:
            self._answer(500)
        elif mode is Mode.BUSY:
            self._answer(429, {"Retry-After": str(RETRY_AFTER_S)})
        elif mode is Mode.HALF:
            self._answer(200, {}, ANSWER[:5])
        elif mode is Mode.NORMAL:
            self._answer(200)
        self.close_connection = True

    def _answer(self, status: int, headers: dict[str, str] | None = None, sent: bytes = ANSWER) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(ANSWER)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: the book tells all."""


if __name__ == "__main__":
    Server(int(sys.argv[1]), Book(Path(sys.argv[2]))).serve_forever()
