"""One client's connection: gunicorn's HTTP/1.1 parser with deadlines, limits, and an upgrade to a stream."""

import json
from http import HTTPStatus
from typing import Any

from gunicorn.asgi.protocol import ASGIProtocol

from app.web.headers import PROTECTION
from app.web.problems import MAX_BODY_BYTES, MAX_POST_BYTES, MEDIA_TYPE, code_of, members
from app.web.server.deadlines import Deadlines
from app.web.server.front_door import FrontDoor
from app.web.server.wsgi_bridge import Answer, Body, BodyWanted, ClientGone, Receive, environ_of

PART = 64 * 1024
"""Bytes of a response that are written to the socket at a time."""
MAX_UNSENT = 256 * 1024
"""Bytes that may be buffered for a client that keeps sending."""
MAX_PIPELINED = 16 * 1024
MAX_ARRIVING = 2 * MAX_POST_BYTES
"""Bytes of a request with its head and the overhead of chunks."""
AT_ONCE_S = 0.001


class Connection(ASGIProtocol):  # type: ignore[misc]
    """Reads a whole request, has Flask handle it and writes the response; one request after another."""

    def __init__(self, worker: Any) -> None:
        super().__init__(worker)
        # gunicorn would call one application for all connections; here each request is handled by its connection.
        self.app = self._answer
        self._max_buffer_size = MAX_PIPELINED
        self._door: FrontDoor = worker.front_door
        self._watches = False

    def connection_made(self, transport: Any) -> None:
        """Start waiting for a request."""
        super().connection_made(transport)
        self._door.enter(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        super().connection_lost(exc)
        self._door.leave(self)

    def data_received(self, data: bytes) -> None:
        """Take the bytes that the client sent. A client that sends without reading the responses is disconnected."""
        if self.transport.get_write_buffer_size() > MAX_UNSENT:
            self.transport.abort()
        else:
            self._door.requests.hold(self, len(data))
            if self._door.requests.held(self) > MAX_ARRIVING:
                self.give_up(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request is too large.")
            else:
                super().data_received(data)

    def eof_received(self) -> bool:
        """Keep the connection of a client that will send no more until its complete requests have been answered."""
        self._keepalive = AT_ONCE_S
        return not self._watches and self._body_receiver is not None and self._body_receiver._complete

    def give_up(self, status: HTTPStatus, detail: str) -> None:
        """End the connection of a client that takes too long or too much, with a response if a request has begun."""
        has_asked = self._door.requests.held(self) > 0
        if has_asked and not self.transport.is_closing() and not self.transport.get_write_buffer_size():
            self._send_error_response(status, detail)
            self._close_transport()
        else:
            self.transport.abort()

    def close_if_idle(self) -> None:
        """Close the connection between two requests."""
        if self._websocket is None and not self._door.requests.held(self) and self._current_request is None:
            self._close_transport()

    async def _answer(self, scope: dict[str, Any], receive: Receive, send: Any) -> None:
        body = Body(scope, receive)
        try:
            answer = await self._ask(scope, body)
        except ClientGone:
            return
        if answer.handover.kind is not None:
            self._watches = True
            await self._door.streams.serve(answer.handover.kind(receive, send), answer.handover.wish)
            self._close_transport()
            self._wait(self._door.answers)
            return
        if scope["type"] == "websocket":
            self._write_answer(answer.status, answer.headers, answer.body)
            return
        self._door.answers.begin(self, len(answer.body))
        await self._send(answer, body.is_whole, send)
        self._door.answers.end(self)
        if not body.is_whole:
            await body.discard_rest()
        self._wait(self._door.requests)

    def _wait(self, waits: Deadlines) -> None:
        """Start waiting for the client, unless it is gone: nobody would note the end."""
        if self._door.has(self):
            waits.begin(self)

    async def _ask(self, scope: dict[str, Any], body: Body) -> Answer:
        """Read a request and have Flask handle it; a large body is read only if Flask asks for it."""
        await body.read(MAX_BODY_BYTES)
        try:
            return await self._ask_flask(scope, body)
        except BodyWanted:
            self._door.requests.begin(self)
            await body.read(MAX_POST_BYTES)
            return await self._ask_flask(scope, body)

    async def _ask_flask(self, scope: dict[str, Any], body: Body) -> Answer:
        self._door.requests.stop_waiting(self)
        try:
            return await self._door.ask(environ_of(scope, body))
        finally:
            self._door.requests.end(self)

    async def _send(self, answer: Answer, is_kept: bool, send: Any) -> None:
        headers = answer.headers if is_kept else [*answer.headers, (b"Connection", b"close")]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        view = memoryview(answer.body)
        for begin in range(0, max(len(view), 1), PART):
            is_last = begin + PART >= len(view)
            await send({"type": "http.response.body", "body": view[begin : begin + PART], "more_body": not is_last})

    def _feed_callback_parser(self, data: bytes) -> bool:
        try:
            return bool(super()._feed_callback_parser(data))
        except ValueError:  # a length of more digits than Python converts to an int
            self._send_error_response(HTTPStatus.BAD_REQUEST, "Invalid Content-Length value")
            return False

    def _send_error_response(self, status: int, message: str, extra_headers: Any = ()) -> None:
        """Return an error response in the common format, for requests that do not reach Flask."""
        content = json.dumps(members(status, code_of(HTTPStatus(status)), message)).encode()
        headers = [("Content-Type", MEDIA_TYPE), *PROTECTION.items(), *extra_headers]
        encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers]
        self._write_answer(status, encoded, content)

    def _write_answer(self, status: int, headers: list[tuple[bytes, bytes]], content: bytes) -> None:
        """Write a response after which the connection ends."""
        framing = [(b"Content-Length", b"%d" % len(content)), (b"Connection", b"close")]
        kept = [(name, value) for name, value in headers if name != b"Content-Length"]
        lines = [b"%s: %s" % header for header in (*kept, *framing)]
        status_line = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode()
        self._safe_write(b"\r\n".join([status_line, *lines, b"", content]))
        self._close_transport()
