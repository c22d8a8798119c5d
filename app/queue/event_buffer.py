"""Buffers a worker's events for a moment: many go in one round trip, and no task waits for them."""

import threading
from collections.abc import Sequence

from app.queue.connection import Broker
from app.queue.events import EventLog
from app.rules.live_events import Event

GATHERED_FOR_S = 0.05
MOST = 10_000


class EventBuffer(EventLog):
    """An event log whose `add` only buffers; a thread writes a moment later. For a process that does not fork."""

    def __init__(self, broker: Broker) -> None:
        super().__init__(broker)
        self._noted: list[Event] = []
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._has_some = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, events: Sequence[Event]) -> None:
        """Buffer events, to be written in a moment."""
        if not events:
            return
        with self._lock:
            self._noted.extend(events)
            # Redis is slow or unavailable: nobody could follow the events anyway.
            del self._noted[:-MOST]
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="events", daemon=True)
            self._thread.start()
        self._has_some.set()

    def flush(self) -> None:
        """Write the buffered events now."""
        # One writer at a time; otherwise later events could overtake earlier ones.
        with self._writing:
            with self._lock:
                noted, self._noted = self._noted, []
            super().add(noted)

    def _run(self) -> None:
        never = threading.Event()
        while True:
            self._has_some.wait()
            never.wait(GATHERED_FOR_S)
            self._has_some.clear()
            self.flush()
