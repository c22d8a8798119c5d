"""What the loop of streams needs from Redis and the database, done by threads beside it."""

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import structlog

from app.errors import BrokerUnavailable, DatabaseUnavailable, Unauthorized
from app.queue.events import Entry
from app.services.auth import AuthService
from app.services.event_feed import EventFeed
from app.web.streams.stream import Wish

log = structlog.get_logger()
THREADS = 2
PAGE = 200


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a client is sent away: a WebSocket close code, and a word for people."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Page:
    """A part of what a client missed."""

    entries: list[Entry]
    is_whole: bool
    """Whether nothing between it and what came before is lost."""
    is_last: bool


Admit = Callable[[str], Wish | Refusal]
"""Says whom a client's first message lets in. Raises nothing."""


class Chores:
    """Each method returns at once and calls `done` later, from another thread."""

    def __init__(self, feed: EventFeed, auth: AuthService, admit: Admit) -> None:
        self._feed = feed
        self._auth = auth
        self._admit = admit
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="stream chores")

    def admit(self, message: str, done: Callable[[Wish | Refusal], None]) -> None:
        """Find out whom a first message lets in."""
        self._threads.submit(lambda: done(self._admit(message)))

    def fetch(self, last_id: str, is_first: bool, done: Callable[[Page | None], None]) -> None:
        """Read the page of events after one; None when Redis is away. The first page tells if something is lost."""
        self._threads.submit(lambda: done(self._fetch(last_id, is_first)))

    def check(self, session_ids: Collection[str], done: Callable[[set[str]], None]) -> None:
        """Find out which sessions have ended."""
        self._threads.submit(lambda: done({each for each in session_ids if self._has_ended(each)}))

    def close(self) -> None:
        """Begin nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _fetch(self, last_id: str, is_first: bool) -> Page | None:
        try:
            is_whole = not is_first or self._feed.is_whole_since(last_id)
            entries = self._feed.since(last_id, PAGE)
        except BrokerUnavailable as error:
            log.info("events.not_read", error=str(error))
            return None
        return Page(entries, is_whole, is_last=len(entries) < PAGE)

    def _has_ended(self, session_id: str) -> bool:
        try:
            self._auth.identify(session_id)
        except Unauthorized:
            return True
        except DatabaseUnavailable:
            # Nobody could sign out meanwhile: whoever did before is found when the database is back.
            return False
        return False
