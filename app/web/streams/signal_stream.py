"""The stream of an open page: at most one message a second that says what has changed, and a beat in between."""

import asyncio
import json
from collections.abc import Iterable
from contextlib import suppress

from app import clock
from app.web.streams.clients import EventStream
from app.web.streams.handover import Wish
from app.web.streams.hub import Hub
from app.web.streams.stream import Stream

GAP_S = 1.0
"""The least time between two messages about changes."""
BEAT_S = 2.0
"""A page that hears nothing for twice as long knows within 5 s that the server stands still."""


class Signals(EventStream):
    """A browser's page. Its messages have no id: whoever reconnects fetches what it shows."""

    async def tell(self, messages: Iterable[tuple[str, str]]) -> None:
        """Send messages."""
        await self._write("".join([f"data: {text}\n\n" for _, text in messages]))


class SignalStream(Stream):
    """Tells what has changed instead of each event: a fetch costs the same after one and after a thousand."""

    async def _follow(self, hub: Hub, wish: Wish) -> None:
        told = hub.changes.latest_before(wish.age_s)
        await self._say({"event": "ready"})
        while True:
            await self._wait_for_more(hub, told)
            changed, told = hub.changes.since(told), hub.changes.latest
            await self._say({"changed": changed} if changed else {})
            if changed:
                await asyncio.sleep(GAP_S)

    async def _say(self, message: dict[str, object]) -> None:
        await self._send(self._client.tell([("", json.dumps(message, separators=(",", ":")))]))

    async def _wait_for_more(self, hub: Hub, told: int) -> None:
        """Wait for a change, or until the next beat is due."""
        beats_at = clock.monotonic() + BEAT_S
        while hub.changes.latest == told and (left := beats_at - clock.monotonic()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await hub.wait()
