"""A real HTTP proxy on loopback: it tunnels (CONNECT) and forwards, with or without a sign-in."""

import contextlib
import http.client
import socket
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from app.connectors.conformance.server import POLL_S


class Proxy:
    """What a proxy was asked, and how it answers."""

    def __init__(self, login: str | None = None, status: int = 200) -> None:
        self.authorization = f"Basic {b64encode(login.encode()).decode()}" if login else None
        """The sign-in that it requires."""
        self.status = status
        """With another one than 200, it refuses every tunnel."""
        self.asked: list[str] = []
        """The request lines."""
        self.headers: list[dict[str, str]] = []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def do_CONNECT(self) -> None:
        if not self._is_allowed():
            return
        if self.proxy.status != 200:
            self._refuse(self.proxy.status)
            return
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port))) as target:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=_copy, args=(target, self.connection))
            back.start()
            _copy(self.connection, target)
            back.join()
        self.close_connection = True

    def do_GET(self) -> None:
        if not self._is_allowed():
            return
        parts = urlsplit(self.path)
        target = http.client.HTTPConnection(parts.netloc)
        with contextlib.closing(target):
            target.request("GET", parts.path or "/", headers={"Host": parts.netloc})
            answer = target.getresponse()
            body = answer.read()
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _is_allowed(self) -> bool:
        self.proxy.asked.append(self.requestline)
        self.proxy.headers.append(dict(self.headers))
        if self.headers.get("Proxy-Authorization") == self.proxy.authorization:
            return True
        self._refuse(407)
        return False

    def _refuse(self, status: int) -> None:
        # As a hostile proxy does: it repeats the sign-in in its answer.
        self.send_response(status, f"{self.responses[status][0]} {self.headers.get('Proxy-Authorization', '')}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@contextmanager
def proxying(proxy: Proxy) -> Iterator[str]:
    """Run a proxy; yield its host and port."""
    handler = type("Handler", (_Handler,), {"proxy": proxy})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(POLL_S,))
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
