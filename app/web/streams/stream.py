"""One client who watches: what it wants, where it is, and what it has not taken yet."""

import socket
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum

from app import clock
from app.queue.events import Entry
from app.rules.live_events import EventFilter
from app.web.streams.wires import Wire

MOST_WAITING = 128 * 1024
"""Bytes for a client that reads slowly; the events beyond them stay in Redis until it has taken these."""
STUCK_AFTER_S = 15.0
KERNEL_BUFFER = 64 * 1024
SILENT_AFTER_MS = 60_000


class Phase(Enum):
    """What a stream waits for."""

    ADMISSION = "admission"
    """Its first message, which says who it is."""
    START = "start"
    """That the process knows where the stream of events is."""
    REPLAY = "replay"
    """What happened since the last event that the client saw."""
    LIVE = "live"
    CLOSING = "closing"
    """That the last bytes are gone."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Who watches what, from where on."""

    session_id: str
    wanted: EventFilter
    last_id: str | None = None


@dataclass(slots=True, eq=False)
class Stream:
    """A connection and its state; only the loop's thread touches it after it was handed over."""

    socket: socket.socket
    wire: Wire
    wish: Wish | None
    phase: Phase = Phase.ADMISSION
    since: float = field(default_factory=lambda: clock.monotonic())
    """When the phase began, or the last heartbeat was sent."""
    cursor: str = ""
    """The id of the last event that was looked at for it."""
    is_asking: bool = False
    """Whether somebody is finding something out for it."""
    is_writing: bool = False
    """Whether the loop waits for the socket to take more."""
    _is_begun: bool = False
    """Whether a part of the first message that waits is gone."""
    _outgoing: deque[bytes] = field(default_factory=deque)
    _waiting: int = 0
    _moved_at: float = 0.0

    def prepare(self) -> None:
        """Set the socket up: small buffers, no waiting, and an end when the client's machine is gone."""
        self.socket.setblocking(False)
        with suppress(OSError):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            # Only Linux has it.
            self.socket.setsockopt(socket.IPPROTO_TCP, getattr(socket, "TCP_USER_TIMEOUT", 18), SILENT_AFTER_MS)

    @property
    def has_more(self) -> bool:
        """Whether bytes wait to be sent."""
        return bool(self._outgoing)

    @property
    def is_full(self) -> bool:
        """Whether as much waits for the client as may."""
        return self._waiting > MOST_WAITING

    @property
    def is_stuck(self) -> bool:
        """Whether the client does not read."""
        return self.has_more and clock.monotonic() - self._moved_at > STUCK_AFTER_S

    def enter(self, phase: Phase) -> None:
        """Begin another phase."""
        self.phase, self.since = phase, clock.monotonic()

    def send(self, data: bytes) -> None:
        """Note bytes to be sent; `flush` sends them."""
        if data:
            if not self._outgoing:
                self._moved_at = clock.monotonic()
            self._outgoing.append(data)
            self._waiting += len(data)

    def offer(self, entry: Entry, written: dict[tuple[str, str], bytes] | None = None) -> None:
        """Note an event to be sent, if the client wants it; what is `written` for another client is not written again.

        Those who are told the same then share the memory too.
        """
        self.cursor = entry.id
        if self.wish is None or not self.wish.wanted.admits(entry.event):
            return
        key = (self.wire.kind, entry.id)
        data = written.get(key) if written is not None else None
        if data is None:
            data = self.wire.message(entry.id, entry.text)
            if written is not None:
                written[key] = data
        self.send(data)

    def forget_unsent(self) -> None:
        """Drop what waits, except for the message of which a part is gone."""
        rest = self._outgoing.popleft() if self._outgoing and self._is_begun else b""
        self._outgoing.clear()
        self._waiting = 0
        self.send(rest)

    def flush(self) -> None:
        """Send what the socket takes. Raises OSError when the connection is gone."""
        while self._outgoing:
            data = self._outgoing[0]
            try:
                sent = self.socket.send(data)
            except BlockingIOError:
                return
            self._waiting -= sent
            self._moved_at = clock.monotonic()
            if sent < len(data):
                self._outgoing[0], self._is_begun = data[sent:], True
                return
            self._outgoing.popleft()
            self._is_begun = False
