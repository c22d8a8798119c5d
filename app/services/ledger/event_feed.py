"""Follows the event stream: one reader per process, shared by all its listeners."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from app.errors import BrokerUnavailable
from app.queue.events import BEGINNING, Entry, EventLog, parse_id

log = structlog.get_logger()
ENTRY_BATCH_SIZE = 1000
WAIT_MS = 5000
OPEN_S = 1.0


@dataclass(frozen=True, slots=True)
class Batch:
    """The events since the previous batch; `position` is the id of the last event so far."""

    entries: Sequence[Entry]
    position: str
    is_reset: bool = False
    """Whether events between the previous batch and this one are lost."""


Listener = Callable[[Batch], None]
"""Runs in the reader's thread, so a slow listener delays the reading instead of filling the memory."""


class EventFeed:
    """Starts to read with the first listener; the Redis client of `log` must allow responses to take `WAIT_MS`."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._listeners: list[Listener] = []
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()
        self._position: str | None = None

    @property
    def is_closing(self) -> bool:
        """Whether this process is about to end, so that nothing should start to wait."""
        return self._closing.is_set()

    def listen(self, listener: Listener) -> None:
        """Call a listener with every batch from now on, the first time immediately if the position is known."""
        with self._lock:
            self._listeners.append(listener)
            if self._position is not None:
                listener(Batch((), self._position))
            if self._thread is None and not self._closing.is_set():
                self._thread = threading.Thread(target=self._run, name="event feed", daemon=True)
                self._thread.start()

    def since(self, last_id: str, count: int) -> list[Entry]:
        """Return up to `count` events after the event `last_id`. Raises BrokerUnavailable."""
        return self._log.since(last_id, count)

    def is_whole_since(self, last_id: str) -> bool:
        """Return whether the stream still has every event after `last_id`. Raises BrokerUnavailable."""
        return self._log.is_whole_since(last_id)

    def close(self) -> None:
        """Stop reading after the current read."""
        self._closing.set()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._resume()
                while not self._closing.is_set():
                    self._read()
            except BrokerUnavailable as error:
                if not self._closing.is_set():
                    log.info("events.not_read", error=str(error))
                self._closing.wait(OPEN_S)

    def _resume(self) -> None:
        newest = self._log.newest_id()
        if self._position is None:
            self._pass_on(Batch((), newest))
        elif not self._is_whole(self._position, newest):
            log.warning("events.gap", after=self._position, newest=newest)
            self._pass_on(Batch((), newest, is_reset=True))

    def _is_whole(self, position: str, newest: str) -> bool:
        if position == BEGINNING:
            return True
        return parse_id(newest) >= parse_id(position) and self._log.is_whole_since(position)

    def _read(self) -> None:
        entries = self._log.wait_for_more(self._position or BEGINNING, ENTRY_BATCH_SIZE, WAIT_MS)
        if entries:
            self._pass_on(Batch(entries, entries[-1].id))

    def _pass_on(self, batch: Batch) -> None:
        with self._lock:
            self._position = batch.position
            for listener in self._listeners:
                listener(batch)
