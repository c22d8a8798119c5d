"""One client who watches: who it is, what it is told, and how that ends."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Protocol

import structlog

from app import clock
from app.errors import BrokerUnavailable
from app.queue.events import Entry
from app.web.streams.handover import Wish
from app.web.streams.hub import PAGE, Hub
from app.web.streams.wires import POLICY, TRY_AGAIN_LATER, Wire, WireClosed

log = structlog.get_logger()
FIRST_MESSAGE_S = 5.0
START_S = 30.0
"""How long a stream waits until the process knows where the events are."""
STUCK_AFTER_S = 15.0
HEARTBEAT_S = 15.0
LAST_BYTES_S = 5.0
MOST_SAID = 64 * 1024
"""Bytes that a client may send between two heartbeats; it has little to say."""


class Client(Protocol):
    """The connection of a stream."""

    def write(self, data: bytes) -> None:
        """Send bytes."""

    async def drain(self) -> None:
        """Wait until the client has taken what was sent."""


class StreamEnded(Exception):
    """The server ends the stream; the code and the reason are for the client."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Stream:
    """Created with the connection; `run` lasts as long as the stream does."""

    def __init__(self, client: Client, wire: Wire, wish: Wish | None) -> None:
        self.wish = wish
        self._client = client
        self._wire = wire
        self._said = 0
        self._first_message: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._ending: asyncio.Future[StreamEnded | None] = asyncio.get_running_loop().create_future()

    def receive(self, data: bytes) -> None:
        """Take what the client sent."""
        self._said += len(data)
        if self._said > MOST_SAID:
            self.end(StreamEnded(POLICY, "more was sent than a client has to say"))
        if self._ending.done():
            return
        try:
            for message in self._wire.receive(data):
                if isinstance(message, bytes):
                    self._client.write(message)
                elif not self._first_message.done():
                    self._first_message.set_result(message)
        except WireClosed as closed:
            self._client.write(closed.farewell)
            self.end(None)

    def end(self, ending: StreamEnded | None) -> None:
        """Send the client away; None when it is gone."""
        if not self._ending.done():
            self._ending.set_result(ending)

    async def run(self, hub: Hub, admit: Callable[[str], Awaitable[Wish]]) -> None:
        """Tell the client what happens until one of both ends it. `admit` reads its first message."""
        self._client.write(self._wire.opening)
        telling = asyncio.ensure_future(self._tell(hub, admit))
        try:
            await asyncio.wait((telling, self._ending), return_when=asyncio.FIRST_COMPLETED)
        finally:
            telling.cancel()
        if telling.done():
            self.end(telling.result())
        ending = await self._ending
        if ending is not None:
            self._client.write(self._wire.farewell(ending.code, ending.reason))
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_BYTES_S):
                await self._client.drain()

    async def _tell(self, hub: Hub, admit: Callable[[str], Awaitable[Wish]]) -> StreamEnded:
        """Return why it ends."""
        try:
            if self.wish is None:
                self.wish = await admit(await self._hear_first_message())
            await self._follow(hub, self.wish)
        except StreamEnded as ended:
            return ended
        except BrokerUnavailable as error:
            log.info("events.not_read", error=str(error))
        return StreamEnded(TRY_AGAIN_LATER, "the events cannot be read now")

    async def _hear_first_message(self) -> str:
        try:
            async with asyncio.timeout(FIRST_MESSAGE_S):
                return await self._first_message
        except TimeoutError:
            raise StreamEnded(POLICY, f"no token came within {FIRST_MESSAGE_S:g} s") from None

    async def _follow(self, hub: Hub, wish: Wish) -> None:
        """Tell of all that happens; return if nobody knows where the events are."""
        give_up_at = clock.monotonic() + START_S
        while hub.position is None:
            if clock.monotonic() > give_up_at:
                return
            await hub.wait(START_S)
        last_id, is_behind = wish.last_id or hub.position, wish.last_id is not None
        await self._send(self._wire.server_message(last_id, "ready"))
        beats_at = clock.monotonic() + HEARTBEAT_S
        while True:
            entries: Sequence[Entry] = ()
            if is_behind or last_id != hub.position:
                page = await hub.after(last_id)
                entries, is_behind = page.entries, False
                if not page.is_whole:
                    last_id = last_id if entries else hub.position
                    await self._send(self._wire.server_message(last_id, "reset"))
            for begin in range(0, len(entries), PAGE):
                await self._send(self._written(entries[begin : begin + PAGE], wish))
            if entries:
                last_id = entries[-1].id
            else:
                await hub.wait(max(0.0, beats_at - clock.monotonic()))
            if clock.monotonic() >= beats_at:
                beats_at, self._said = clock.monotonic() + HEARTBEAT_S, 0
                await self._send(self._wire.heartbeat(last_id))

    def _written(self, entries: Sequence[Entry], wish: Wish) -> bytes:
        return b"".join([self._wire.message(each.id, each.text) for each in entries if wish.wanted.admits(each.event)])

    async def _send(self, data: bytes) -> None:
        if not data:
            return
        self._client.write(data)
        try:
            async with asyncio.timeout(STUCK_AFTER_S):
                await self._client.drain()
        except TimeoutError:
            log.info("stream.dropped", reason="the client does not read")
            raise StreamEnded(TRY_AGAIN_LATER, "the client does not read") from None
