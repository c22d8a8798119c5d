"""Converts complete requests to WSGI (PEP 3333), and the responses back."""

import asyncio
import io
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes
from wsgiref.util import FileWrapper

from flask import Flask

from app.web.streams import HANDOVER
from app.web.streams.handover import Handover

Receive = Callable[[], Any]
FILE_BLOCK = 1024 * 1024
DISCARDED = 8 * 1024 * 1024
DISCARD_S = 2.0
NAMES = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}


@dataclass(frozen=True, slots=True)
class Answer:
    """Flask's response: status, headers and body; or that the connection becomes a stream."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    handover: Handover


class ClientGone(Exception):
    """The client left before its request was complete."""


class BodyWanted(BaseException):
    """The application reads a body that is not complete; it must be called again when it is.

    No Exception, which the application would take for a bug of its own.
    """


class Unread:
    """Stands in for a body that is too large to be read before the application has authenticated the client."""

    def read(self, _size: int = -1) -> bytes:
        """Raise BodyWanted."""
        raise BodyWanted


class Body:
    """The body of a request, as it arrives."""

    def __init__(self, scope: Mapping[str, Any], receive: Receive) -> None:
        self._receive = receive
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
        self._length = int(length) if length.isdigit() else 0
        self.data = bytearray()
        self.is_whole = scope["type"] == "websocket"

    async def read(self, most: int) -> None:
        """Read all of it, unless it is larger than `most` bytes. Raises ClientGone."""
        if self._length > most:
            return
        while not self.is_whole and len(self.data) <= most:
            message = await self._receive()
            if message["type"] != "http.request":
                raise ClientGone
            self.data += message["body"]
            self.is_whole = not message["more_body"]

    async def discard_rest(self) -> None:
        """Read on for a moment: closing while the client still sends would lose the response."""
        left = DISCARDED
        with suppress(TimeoutError):
            async with asyncio.timeout(DISCARD_S):
                while left > 0:
                    message = await self._receive()
                    if message["type"] != "http.request" or not message["more_body"]:
                        return
                    left -= len(message["body"])


def environ_of(scope: Mapping[str, Any], body: Body) -> dict[str, Any]:
    """Return a request's environment. Headers whose names have an underscore are dropped: they pass for others."""
    host, port = scope["server"] or ("", None)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.get("method", "GET"),
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": host,
        # A Unix socket has no port.
        "SERVER_PORT": str(port or 80),
        # A client of a Unix socket has no address.
        "REMOTE_ADDR": scope["client"][0] if scope["client"] else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https" if scope["scheme"] in ("https", "wss") else "http",
        "wsgi.input": io.BytesIO(body.data) if body.is_whole else Unread(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": lambda file, _size=0: FileWrapper(file, FILE_BLOCK),
        HANDOVER: Handover(),
    }
    for name, value in scope["headers"]:
        if b"_" in name:
            continue
        key = NAMES.get(name) or f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}"
        text = value.decode("latin-1")
        environ[key] = f"{environ[key]},{text}" if key in environ else text
    if environ.pop("HTTP_TRANSFER_ENCODING", None):
        environ["CONTENT_LENGTH"] = str(len(body.data))
    return environ


def call(application: Flask, environ: dict[str, Any]) -> Answer:
    """Have Flask handle a request."""
    begun: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> Callable[[bytes], object]:
        begun.append((status, headers))
        return io.BytesIO().write

    parts: Iterable[bytes] = application(environ, start_response)
    try:
        body = b"".join(parts)
    finally:
        if hasattr(parts, "close"):
            parts.close()
    status, headers = begun[-1]
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    return Answer(int(status[:3]), encoded, body, environ[HANDOVER])
