"""A real HTTP server in a thread that answers, or misbehaves, as a test tells it to; a Zabbix on top of it."""

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from app.connectors.base import MonitorAccess
from app.connectors.http.client import HttpSource
from app.connectors.zabbix.connector import ZabbixConnector
from tests.unit.connectors.zabbix.fake_zabbix import FakeZabbix


class Request(BaseHTTPRequestHandler):
    """One request, and the ways to answer it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    over: threading.Event
    """Set when the test has ended: what a handler that answers slowly waits on."""
    respond: Callable[["Request"], None]

    def do_GET(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.respond(self)

    do_POST = do_GET  # noqa: N815 - http.server calls it by this name

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.path).query)

    def answer(self, body: object = None, status: int = 200, headers: dict[str, str] | None = None) -> None:
        """Answer with `body`: bytes as they are, anything else as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def send(self, raw: bytes) -> None:
        """Send bytes past all rules of HTTP; the connection closes after them."""
        self.close_connection = True
        self.wfile.write(raw)

    def reset(self) -> None:
        """Cut the connection as a crashed server does, with a TCP reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent: a client that hangs up on a hostile answer is what these tests want to see."""


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[Any], None]], str]]:
    """Return a function that starts a server with that handler and returns its address."""
    servers: list[Server] = []
    threads: list[threading.Thread] = []
    over = threading.Event()

    def start(respond: Callable[[Any], None]) -> str:
        handler = type("Handler", (Request,), {"respond": staticmethod(respond), "over": over})
        servers.append(server := Server(("127.0.0.1", 0), handler))
        threads.append(thread := threading.Thread(target=server.serve_forever, args=(0.01,)))
        thread.start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    over.set()
    for server, thread in zip(servers, threads, strict=True):
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def start_zabbix(
    serve: Callable[[Callable[[Any], None]], str],
) -> Iterator[Callable[..., tuple[FakeZabbix, ZabbixConnector]]]:
    """Return a function that starts a Zabbix of a version and a conversation with it."""
    connectors: list[ZabbixConnector] = []

    def start_one(version: str = "6.0.14", **access: str) -> tuple[FakeZabbix, ZabbixConnector]:
        zabbix = FakeZabbix(version)
        access = access or {"username": "Admin", "password": "zabbix"}
        connectors.append(ZabbixConnector(MonitorAccess(f"{serve(zabbix.respond)}/zabbix", **access)))
        return zabbix, connectors[-1]

    yield start_one
    for connector in connectors:
        connector.close()


@pytest.fixture
def open_source() -> Iterator[Callable[..., HttpSource]]:
    """Return a function that makes an `HttpSource`, closed when the test ends."""
    opened: list[HttpSource] = []

    def open_one(url: str, **options: Any) -> HttpSource:
        opened.append(HttpSource(url, **options))
        return opened[-1]

    yield open_one
    for source in opened:
        source.close()
