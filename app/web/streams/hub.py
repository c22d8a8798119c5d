"""The last events, as the event loop has them for all streams of a process."""

import asyncio
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from app.errors import BrokerUnavailable
from app.queue.events import Entry, place_of
from app.services.event_feed import Batch, EventFeed
from app.web.streams.wires import Wire

log = structlog.get_logger()
RECENT = 2000
"""How many of the last events are kept; who is further behind reads from Redis."""
PAGE = 200
BATCHES_WAITING = 4
FEED_WAITS_S = 1.0


@dataclass(frozen=True, slots=True)
class News:
    """An event, and what was written of it: those who are told the same share the bytes."""

    entry: Entry
    _written: dict[str, bytes] = field(default_factory=dict)

    def on(self, wire: Wire) -> bytes:
        """Return the event as a wire of this kind has it."""
        data = self._written.get(wire.kind)
        if data is None:
            data = self._written[wire.kind] = wire.message(self.entry.id, self.entry.text)
        return data


@dataclass(frozen=True, slots=True)
class Page:
    """What came after an event; not whole when something between is lost."""

    news: list[News]
    is_whole: bool = True


class Hub:
    """Follows the feed, whose thread it makes wait when the loop is busy."""

    def __init__(self, feed: EventFeed, threads: ThreadPoolExecutor) -> None:
        self._feed = feed
        self._threads = threads
        self._loop = asyncio.get_running_loop()
        self._room = threading.BoundedSemaphore(BATCHES_WAITING)
        self._recent: deque[News] = deque(maxlen=RECENT)
        self._came = asyncio.Event()
        self.position: str | None = None
        """The id of the last event; None until the feed knows it."""
        self.floor = ""
        """The id after which the recent events begin."""
        self.resets = 0
        """How often events were lost between two batches."""

    def start(self) -> None:
        """Listen to the feed from now on."""
        self._feed.listen(self._hear)

    async def wait(self, most_s: float) -> None:
        """Wait for the next batch, at most so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(most_s):
                await self._came.wait()

    def after(self, last_id: str) -> list[News]:
        """Return the first of the recent events after one."""
        place, found = place_of(last_id), deque[News](maxlen=PAGE)
        for news in reversed(self._recent):
            if news.entry.place <= place:
                break
            found.appendleft(news)
        return list(found)

    async def read(self, last_id: str) -> Page | None:
        """Read the first events after one from Redis; None when Redis is away."""
        return await self._loop.run_in_executor(self._threads, self._read, last_id)

    def _read(self, last_id: str) -> Page | None:
        try:
            is_whole = self._feed.is_whole_since(last_id)
            return Page([News(entry) for entry in self._feed.since(last_id, PAGE)], is_whole)
        except BrokerUnavailable as error:
            log.info("events.not_read", error=str(error))
            return None

    def _hear(self, batch: Batch) -> None:
        self._room.acquire(timeout=FEED_WAITS_S)
        # A loop that is closed has no streams any more.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._take, batch)

    def _take(self, batch: Batch) -> None:
        with suppress(ValueError):
            self._room.release()
        if self.position is None or batch.is_reset:
            self._recent.clear()
            self.floor = batch.position
        self.resets += batch.is_reset
        self.position = batch.position
        for entry in batch.entries:
            if len(self._recent) == RECENT:
                self.floor = self._recent[0].entry.id
            self._recent.append(News(entry))
        came, self._came = self._came, asyncio.Event()
        came.set()


class Reader:
    """One stream's place among the events."""

    def __init__(self, hub: Hub, last_id: str | None) -> None:
        """Begin after an event that the client saw, or now. The hub must know its position."""
        self._hub = hub
        self._resets = hub.resets
        self._is_behind = last_id is not None
        """Whether Redis must be asked, the first time also whether anything is lost."""
        self.last_id = last_id or hub.position or ""

    async def read(self, most_s: float) -> Page | None:
        """Return what came next, waiting for it if need be; None when it can not be read."""
        if self._is_behind:
            return await self._catch_up()
        news = self._hub.after(self.last_id)
        if not news:
            await self._hub.wait(most_s)
            news = self._hub.after(self.last_id)
        if self._resets != self._hub.resets:
            self._resets, self.last_id = self._hub.resets, self._hub.floor
            return Page([], is_whole=False)
        if place_of(self.last_id) < place_of(self._hub.floor):
            self._is_behind = True
            return Page([])
        if news:
            self.last_id = news[-1].entry.id
        return Page(news)

    async def _catch_up(self) -> Page | None:
        floor, resets = self._hub.floor, self._hub.resets
        page = await self._hub.read(self.last_id)
        if page is not None:
            if page.news:
                self.last_id = page.news[-1].entry.id
            if len(page.news) < PAGE:
                # Redis has nothing newer: what else there was up to the floor is too old to be kept.
                self.last_id = max(self.last_id, floor, key=place_of)
            self._is_behind = place_of(self.last_id) < place_of(self._hub.floor)
            self._resets = resets
        return page
