"""The two kinds of stream clients, in terms of ASGI: a WebSocket and a text/event-stream."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from app.web.headers import PROTECTION

GOING_AWAY, POLICY, TRY_AGAIN_LATER = 1001, 1008, 1013
"""Close codes of RFC 6455; an event stream's last message has them too."""
RECONNECT_MS = 2000
EVENT_STREAM = {
    b"Content-Type": b"text/event-stream; charset=utf-8",
    **{name.encode(): value.encode() for name, value in PROTECTION.items()},
    b"X-Accel-Buffering": b"no",
    b"Connection": b"close",
}

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Client:
    """A client of a stream. Sending waits until the client has read the previous messages."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self.first_message: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def listen(self) -> None:
        """Return when the client is gone."""
        while not (message := await self._receive())["type"].endswith("disconnect"):
            if not self.first_message.done():
                self.first_message.set_result(message.get("text") or "")

    async def open(self) -> None:
        """Start the stream."""
        raise NotImplementedError

    async def tell(self, messages: Iterable[tuple[str, str]]) -> None:
        """Send messages, each with its id and its text, which is JSON."""
        raise NotImplementedError

    async def tell_one(self, id: str, event: str) -> None:
        """Send a message about the stream itself."""
        await self.tell([(id, f'{{"id":"{id}","event":"{event}"}}')])

    async def heartbeat(self, id: str) -> None:
        """Send a heartbeat with the id of the event up to which the client has received everything."""
        await self.tell_one(id, "heartbeat")

    async def close(self, code: int, reason: str) -> None:
        """End the stream and say why."""
        raise NotImplementedError


class WebSocket(Client):
    """A WebSocket: each event is a message."""

    async def open(self) -> None:
        """Accept the handshake."""
        await self._receive()
        await self._send({"type": "websocket.accept"})

    async def tell(self, messages: Iterable[tuple[str, str]]) -> None:
        """Send messages."""
        for _, text in messages:
            await self._send({"type": "websocket.send", "text": text})

    async def close(self, code: int, reason: str) -> None:
        """Close with a code and briefly wait for the client to do the same."""
        await self._send({"type": "websocket.close", "code": code, "reason": reason})


class EventStream(Client):
    """Server-sent events; the stream ends with the connection."""

    async def open(self) -> None:
        """Send the head and the reconnection delay."""
        await self._send({"type": "http.response.start", "status": 200, "headers": [*EVENT_STREAM.items()]})
        await self._write(f"retry: {RECONNECT_MS}\n\n")

    async def tell(self, messages: Iterable[tuple[str, str]]) -> None:
        """Send events of the default type."""
        await self._write("".join([f"id: {id}\ndata: {text}\n\n" for id, text in messages]))

    async def heartbeat(self, id: str) -> None:
        """Send a comment and an id without data, which a browser remembers without calling the page."""
        await self._write(f": heartbeat\nid: {id}\n\n")

    async def close(self, code: int, reason: str) -> None:
        """Send a last message with the reason; nothing if the client should just reconnect."""
        if code != GOING_AWAY:
            await self._write(f'event: end\ndata: {{"event":"end","code":{code},"reason":"{reason}"}}\n\n')
        await self._write("", is_last=True)

    async def _write(self, text: str, is_last: bool = False) -> None:
        if text or is_last:
            await self._send({"type": "http.response.body", "body": text.encode(), "more_body": not is_last})
