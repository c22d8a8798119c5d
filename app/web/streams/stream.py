"""One client who watches: who it is, what it is told, and how that ends."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol

import structlog

from app import clock
from app.web.streams.handover import Wish
from app.web.streams.hub import Hub, News, Reader
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


Admit = Callable[[str], Awaitable[Wish]]
"""Says whom a client's first message lets in. Raises StreamEnded."""


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
            self.end(POLICY, "more was sent than a client has to say")
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
            self.lose()

    def end(self, code: int, reason: str) -> None:
        """Send the client away."""
        if not self._ending.done():
            self._ending.set_result(StreamEnded(code, reason))

    def lose(self) -> None:
        """Note that the client is gone."""
        if not self._ending.done():
            self._ending.set_result(None)

    async def run(self, hub: Hub, admit: Admit) -> None:
        """Tell the client what happens until one of both ends it."""
        self._client.write(self._wire.opening)
        telling = asyncio.ensure_future(self._tell(hub, admit))
        try:
            await asyncio.wait((telling, self._ending), return_when=asyncio.FIRST_COMPLETED)
        finally:
            telling.cancel()
        if telling.done() and not telling.cancelled():
            try:
                telling.result()
            except StreamEnded as ended:
                self.end(ended.code, ended.reason)
        ending = await self._ending
        if ending is not None:
            self._client.write(self._wire.farewell(ending.code, ending.reason))
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_BYTES_S):
                await self._client.drain()

    async def _tell(self, hub: Hub, admit: Admit) -> None:
        if self.wish is None:
            self.wish = await admit(await self._hear_first_message())
        started_at = clock.monotonic()
        while hub.position is None:
            await hub.wait(START_S)
            if clock.monotonic() - started_at > START_S:
                raise StreamEnded(TRY_AGAIN_LATER, "the events cannot be read now")
        reader = Reader(hub, self.wish.last_id)
        await self._send(self._of_server(reader.last_id, "ready"))
        beats_at = clock.monotonic() + HEARTBEAT_S
        while True:
            page = await reader.read(max(0.0, beats_at - clock.monotonic()))
            if page is None:
                raise StreamEnded(TRY_AGAIN_LATER, "the events cannot be read now")
            reset = b"" if page.is_whole else self._of_server(reader.last_id, "reset")
            await self._send(reset + self._written(page.news))
            if clock.monotonic() >= beats_at:
                beats_at = clock.monotonic() + HEARTBEAT_S
                self._said = 0
                await self._send(self._wire.heartbeat(reader.last_id))

    async def _hear_first_message(self) -> str:
        try:
            async with asyncio.timeout(FIRST_MESSAGE_S):
                return await self._first_message
        except TimeoutError:
            raise StreamEnded(POLICY, f"no token came within {FIRST_MESSAGE_S:g} s") from None

    def _written(self, news: list[News]) -> bytes:
        wanted = self.wish.wanted if self.wish else None
        return b"".join([each.on(self._wire) for each in news if wanted and wanted.admits(each.entry.event)])

    def _of_server(self, id: str, event: str) -> bytes:
        return self._wire.message(id, f'{{"id":"{id}","event":"{event}"}}')

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
