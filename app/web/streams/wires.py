"""How events look on the wire: WebSocket frames, or a text/event-stream."""

import base64
import hashlib
import struct
from collections.abc import Iterator
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Message, Ping, TextMessage
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import RemoteProtocolError

MAX_MESSAGE = 16 * 1024
MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
RECONNECT_MS = 2000
FINAL_TEXT = 0x81
SHARED = 256
"""Messages that are kept as they were written, for the next client."""

GOING_AWAY = int(CloseReason.GOING_AWAY)
POLICY = int(CloseReason.POLICY_VIOLATION)
TRY_AGAIN_LATER = int(CloseReason.TRY_AGAIN_LATER)


class WireClosed(Exception):
    """The client ended the connection, or broke the protocol; `farewell` is what is still to be sent."""

    def __init__(self, farewell: bytes = b"") -> None:
        super().__init__("the connection is over")
        self.farewell = farewell


class Wire:
    """One client's connection, as bytes. What is the same for all clients of a kind is written once."""

    opening: bytes
    """What is sent first."""

    @staticmethod
    def message(id: str, text: str) -> bytes:
        """Return a message with an id, whose text is JSON."""
        raise NotImplementedError

    def server_message(self, id: str, event: str) -> bytes:
        """Return a message about the stream itself."""
        return self.message(id, f'{{"id":"{id}","event":"{event}"}}')

    def heartbeat(self, id: str) -> bytes:
        """Return a sign of life that says up to which event the client has seen all."""
        return self.server_message(id, "heartbeat")

    def farewell(self, code: int, reason: str) -> bytes:
        """Return what ends the stream."""
        raise NotImplementedError

    def receive(self, data: bytes) -> Iterator[str | bytes]:  # noqa: ARG002
        """Yield the messages that the client sent as text, and as bytes what must be answered. Raises WireClosed."""
        yield from ()


class WebSocketWire(Wire):
    """The server's side of RFC 6455, without compression, whose memory would be most of what a client costs."""

    def __init__(self, key: str) -> None:
        token = base64.b64encode(hashlib.sha1(key.encode() + MAGIC, usedforsecurity=False).digest())
        self.opening = (
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + token + b"\r\n\r\n"
        )
        self._connection = Connection(ConnectionType.SERVER)
        self._text = ""

    @staticmethod
    @lru_cache(SHARED)
    def message(id: str, text: str) -> bytes:  # noqa: ARG004 - the text has the id
        """Return a text frame: a server's frames are not masked, so that the same bytes do for all clients."""
        payload = text.encode()
        if len(payload) < 126:
            return struct.pack("!BB", FINAL_TEXT, len(payload)) + payload
        if len(payload) < 65536:
            return struct.pack("!BBH", FINAL_TEXT, 126, len(payload)) + payload
        return struct.pack("!BBQ", FINAL_TEXT, 127, len(payload)) + payload

    def farewell(self, code: int, reason: str) -> bytes:
        """Return a close frame."""
        try:
            return self._connection.send(CloseConnection(code, reason))
        except Exception:  # noqa: BLE001 - it is closing already: there is nothing to add
            return b""

    def receive(self, data: bytes) -> Iterator[str | bytes]:
        """Yield messages and pongs."""
        try:
            self._connection.receive_data(data)
            for event in self._connection.events():
                if isinstance(event, Ping):
                    yield self._connection.send(event.response())
                elif isinstance(event, CloseConnection):
                    raise WireClosed(self.farewell(event.code, "") if event.code != 1006 else b"")
                elif isinstance(event, Message):
                    yield from self._take(event)
        except RemoteProtocolError:
            raise WireClosed(self.farewell(CloseReason.PROTOCOL_ERROR, "")) from None

    def _take(self, event: Message[Any]) -> Iterator[str]:
        if isinstance(event, BytesMessage) or not isinstance(event, TextMessage):
            raise WireClosed(self.farewell(CloseReason.UNSUPPORTED_DATA, "text is expected"))
        self._text += event.data
        if len(self._text) > MAX_MESSAGE:
            raise WireClosed(self.farewell(CloseReason.MESSAGE_TOO_BIG, f"more than {MAX_MESSAGE} characters"))
        if event.message_finished:
            text, self._text = self._text, ""
            yield text


class EventStreamWire(Wire):
    """Server-sent events; the stream ends where the connection does."""

    opening = (
        f"HTTP/1.1 {HTTPStatus.OK.value} OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
        "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nX-Accel-Buffering: no\r\n"
        f"Connection: close\r\n\r\nretry: {RECONNECT_MS}\n\n"
    ).encode()

    @staticmethod
    @lru_cache(SHARED)
    def message(id: str, text: str) -> bytes:
        """Return an event of the default type."""
        return f"id: {id}\ndata: {text}\n\n".encode()

    def heartbeat(self, id: str) -> bytes:
        """Return a comment and an id without data, which a browser remembers without calling the page."""
        return f": heartbeat\nid: {id}\n\n".encode()

    def farewell(self, code: int, reason: str) -> bytes:
        """Return the last message, from which a client can tell why, or nothing if it shall just come again."""
        if code == GOING_AWAY:
            return b""
        return f'event: end\ndata: {{"event":"end","code":{code},"reason":"{reason}"}}\n\n'.encode()
