"""An HTTP server on the loopback interface that responds as a test wants, also against the rules of HTTP."""

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

POLL_S = 0.01


class Request(BaseHTTPRequestHandler):
    """A request, and ways to respond to it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    over: threading.Event
    """Set when the server stops; a handler that never responds waits for it."""
    respond: Callable[["Request"], None]

    def do_GET(self) -> None:
        """Read the whole request and respond."""
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.respond(self)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - http.server calls it by these names

    @property
    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)

    @property
    def query(self) -> dict[str, list[str]]:
        """The query parameters."""
        return parse_qs(urlsplit(self.path).query)

    def answer(self, body: object = None, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """Response with `body`: bytes as they are, anything else as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def send(self, raw: bytes) -> None:
        """Send raw bytes instead of an HTTP response, then close the connection."""
        self.close_connection = True
        self.wfile.write(raw)

    def reset(self) -> None:
        """Close the connection with a TCP reset, as a crashed server does."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing: a client that closes the connection of a hostile response does the right thing."""


@contextmanager
def serving(respond: Callable[[Any], None], certificates: ssl.SSLContext | None = None) -> Iterator[str]:
    """Run a server that passes each request to `respond`; yield its address, https:// with `certificates`."""
    over = threading.Event()
    handler = type("Handler", (Request,), {"respond": staticmethod(respond), "over": over})
    server = _Server(("127.0.0.1", 0), handler)
    if certificates:
        # The handshake waits until the connection's own thread reads: it must not block the other ones.
        server.socket = certificates.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(POLL_S,))
    thread.start()
    try:
        yield f"{'https' if certificates else 'http'}://127.0.0.1:{server.server_port}"
    finally:
        over.set()
        server.shutdown()
        thread.join()
        server.server_close()
