"""Reads events for the streams of a process: each page once for all streams at the same position."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from app.queue.events import BEGINNING, Entry
from app.services.ledger.event_feed import Batch, EventFeed
from app.web.streams.changes import Changes

PAGE = 100
TAKEN_S = 5.0


@dataclass(frozen=True, slots=True)
class Page:
    """The events after a position; incomplete when some between are lost."""

    entries: Sequence[Entry]
    is_whole: bool = True


class Hub:
    """Follows the feed. Streams that keep up get the feed's batches; those that are behind read from Redis."""

    def __init__(self, feed: EventFeed) -> None:
        """Listen to the feed from now on."""
        self._feed = feed
        self._loop = asyncio.get_running_loop()
        self._came = asyncio.Event()
        self._pages: dict[str, asyncio.Future[Page]] = {}
        self.changes = Changes()
        self.position: str | None = None
        """The id of the last event; None until the feed knows it."""
        # In a thread, because the feed may call at once and waits for the loop.
        self._listening = asyncio.ensure_future(asyncio.to_thread(feed.listen, self._hear))

    async def wait(self) -> None:
        """Wait for the next batch, or until `wake` is called."""
        await self._came.wait()

    def wake(self) -> None:
        """Wake everything that waits."""
        came, self._came = self._came, asyncio.Event()
        came.set()

    async def after(self, last_id: str) -> Page:
        """Return the first events after a position. Raises BrokerUnavailable."""
        page = self._pages.get(last_id)
        if page is None:
            page = self._pages[last_id] = asyncio.ensure_future(asyncio.to_thread(self._read, last_id))
            # Nothing is cached: clients may name any number of positions.
            page.add_done_callback(lambda _: self._pages.pop(last_id, None))
        return page.result() if page.done() else await asyncio.shield(page)

    def _read(self, last_id: str) -> Page:
        is_whole = last_id == BEGINNING or self._feed.is_whole_since(last_id)
        return Page(self._feed.since(last_id, PAGE), is_whole)

    def _hear(self, batch: Batch) -> None:
        """Pass a batch to the loop. The feed waits for it, so that it does not read faster than the streams."""
        with suppress(RuntimeError, TimeoutError):  # a closed loop has no streams
            asyncio.run_coroutine_threadsafe(self._take(batch), self._loop).result(TAKEN_S)

    async def _take(self, batch: Batch) -> None:
        self._pages.clear()
        if self.position is not None and not batch.is_reset:
            self._pages[self.position] = self._loop.create_future()
            self._pages[self.position].set_result(Page(batch.entries))
        if batch.is_reset:
            self.changes.forget()
        self.changes.note(entry.event for entry in batch.entries)
        self.position = batch.position
        self.wake()
