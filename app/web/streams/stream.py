"""One client's stream: authentication, events, and its end."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import structlog

from app import clock
from app.errors import BrokerUnavailable
from app.queue.events import Entry
from app.web.streams.clients import POLICY, TRY_AGAIN_LATER, Client
from app.web.streams.handover import Wish
from app.web.streams.hub import PAGE, Hub

log = structlog.get_logger()
FIRST_MESSAGE_S = 5.0
START_S = 30.0
"""How long a stream waits until the process knows the position of the events."""
STUCK_AFTER_S = 15.0
HEARTBEAT_S = 15.0
LAST_BYTES_S = 5.0
STUCK = "the client does not read"

Admit = Callable[[str], Awaitable[Wish]]
"""Authenticates a client by its first message. Raises StreamEnded."""


class StreamEnded(Exception):
    """The server ends the stream; code and reason are for the client."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Stream:
    """Created with the connection; `run` lasts as long as the stream."""

    def __init__(self, client: Client, wish: Wish | None) -> None:
        self.wish = wish
        self._client = client
        self._sending_since: float | None = None
        self._ending: asyncio.Future[StreamEnded] = asyncio.get_running_loop().create_future()

    def end(self, code: int, reason: str) -> None:
        """End the stream."""
        if not self._ending.done():
            self._ending.set_result(StreamEnded(code, reason))

    def end_if_stuck(self) -> None:
        """End the stream if the client has not read for too long."""
        is_stuck = self._sending_since is not None and clock.monotonic() - self._sending_since > STUCK_AFTER_S
        if is_stuck and not self._ending.done():
            log.info("stream.dropped", reason=STUCK)
            self.end(TRY_AGAIN_LATER, STUCK)

    async def run(self, hub: Hub, admit: Admit) -> None:
        """Send events until the client or the server ends the stream."""
        await self._client.open()
        listening = asyncio.ensure_future(self._client.listen())
        telling = asyncio.ensure_future(self._tell(hub, admit))
        try:
            await asyncio.wait((listening, telling, self._ending), return_when=asyncio.FIRST_COMPLETED)
            ending = next((each.result() for each in (self._ending, telling) if each.done()), None)
        finally:
            telling.cancel()
        if ending is not None:
            with suppress(TimeoutError, OSError):
                async with asyncio.timeout(LAST_BYTES_S):
                    await self._client.close(ending.code, ending.reason)
        listening.cancel()

    async def _tell(self, hub: Hub, admit: Admit) -> StreamEnded | None:
        """Return why the stream ends; None when the client is gone."""
        try:
            if self.wish is None:
                self.wish = await admit(await self._hear_first_message())
            await self._follow(hub, self.wish)
        except StreamEnded as ended:
            return ended
        except BrokerUnavailable as error:
            log.info("events.not_read", error=str(error))
        except OSError:
            return None
        return StreamEnded(TRY_AGAIN_LATER, "the events are currently unavailable")

    async def _hear_first_message(self) -> str:
        try:
            async with asyncio.timeout(FIRST_MESSAGE_S):
                return await self._client.first_message
        except TimeoutError:
            raise StreamEnded(POLICY, f"no token was sent within {FIRST_MESSAGE_S:g} s") from None

    async def _follow(self, hub: Hub, wish: Wish) -> None:
        """Send all events; return if their position is unknown."""
        give_up_at = clock.monotonic() + START_S
        while hub.position is None:
            if clock.monotonic() > give_up_at:
                return
            await hub.wait()
        last_id, is_behind = wish.last_id or hub.position, wish.last_id is not None
        await self._send(self._client.tell_one(last_id, "ready"))
        beats_at = clock.monotonic() + HEARTBEAT_S
        while True:
            entries: Sequence[Entry] = ()
            position = hub.position
            if is_behind or last_id != position:
                page = await hub.after(last_id)
                entries, is_behind = page.entries, False
                if not page.is_whole:
                    last_id = last_id if entries else hub.position
                    await self._send(self._client.tell_one(last_id, "reset"))
            for begin in range(0, len(entries), PAGE):
                some = entries[begin : begin + PAGE]
                await self._send(
                    self._client.tell((each.id, each.text) for each in some if wish.wanted.admits(each.event))
                )
            if entries:
                last_id = entries[-1].id
            elif hub.position == position:
                # Otherwise an event arrived while none was found.
                await hub.wait()
            if clock.monotonic() >= beats_at:
                beats_at = clock.monotonic() + HEARTBEAT_S
                await self._send(self._client.heartbeat(last_id))

    async def _send(self, sending: Awaitable[None]) -> None:
        self._sending_since = clock.monotonic()
        await sending
        self._sending_since = None
