"""The thread that serves all streams of a process: it waits for events, for clients and for the clock."""

import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress

import structlog

from app import clock
from app.queue.events import Entry, place_of
from app.services.event_feed import Batch
from app.web.streams.chores import Chores, Page, Refusal
from app.web.streams.stream import Phase, Stream, Wish
from app.web.streams.wires import GOING_AWAY, POLICY, TRY_AGAIN_LATER, WireClosed

log = structlog.get_logger()
TICK_S = 1.0
HEARTBEAT_S = 15.0
FIRST_MESSAGE_S = 5.0
PATIENCE_S = 30.0
LAST_BYTES_S = 5.0
SESSIONS_EVERY_S = 30.0
RECENT = 2000
"""How many of the last events are kept for those who come to the end of a replay."""
BATCHES_WAITING = 4


class StreamLoop:
    """What may take long (Redis, the database) is done by `Chores` and comes back as a call in this thread."""

    def __init__(self, chores: Chores, on_left: Callable[[], None]) -> None:
        self._chores = chores
        self._on_left = on_left
        self._streams: set[Stream] = set()
        self._selector = selectors.DefaultSelector()
        self._inbox: deque[Callable[[], None]] = deque()
        self._wake_out, self._wake_in = socket.socketpair()
        self._wake_out.setblocking(False)
        self._wake_in.setblocking(False)
        self._room = threading.BoundedSemaphore(BATCHES_WAITING)
        self._position: str | None = None
        self._recent: deque[Entry] = deque(maxlen=RECENT)
        self._floor = ""
        self._ticked_at = self._checked_at = clock.monotonic()
        self._is_over = False

    def run(self) -> None:
        """Serve until `close`."""
        self._selector.register(self._wake_out, selectors.EVENT_READ)
        while not self._is_over:
            for key, mask in self._selector.select(TICK_S):
                if key.data is None:
                    with suppress(BlockingIOError):
                        self._wake_out.recv(4096)
                else:
                    self._serve(key.data, mask)
            while self._inbox:
                self._inbox.popleft()()
            self._tick()
        self._selector.close()
        self._wake_in.close()
        self._wake_out.close()

    def call(self, action: Callable[[], None]) -> None:
        """Have something done in the loop's thread; from any thread."""
        self._inbox.append(action)
        # A full buffer means that the loop is going to wake up anyway; a closed one that it is over.
        with suppress(OSError):
            self._wake_in.send(b"!")

    def hear(self, batch: Batch) -> None:
        """Take a batch from the feed's thread, which waits while too many wait here."""
        self._room.acquire(timeout=TICK_S)
        self.call(lambda: self._spread(batch))

    def add(self, stream: Stream) -> None:
        """Take a stream over."""
        stream.prepare()
        stream.send(stream.wire.opening)
        self._streams.add(stream)
        self._selector.register(stream.socket, selectors.EVENT_READ, stream)
        if stream.wish is not None:
            self._start(stream)
        self._flush(stream)

    def close(self) -> None:
        """Send every client away, and end the loop."""
        for stream in list(self._streams):
            self._end(stream, GOING_AWAY, "the server stops")
            self._drop(stream)
        self._is_over = True

    def _serve(self, stream: Stream, mask: int) -> None:
        if stream not in self._streams:
            return
        try:
            if mask & selectors.EVENT_READ:
                data = stream.socket.recv(65536)
                if not data:
                    self._drop(stream)
                    return
                if stream.phase is not Phase.CLOSING:
                    self._receive(stream, data)
        except BlockingIOError:
            pass
        except OSError:
            self._drop(stream)
            return
        self._flush(stream)

    def _receive(self, stream: Stream, data: bytes) -> None:
        try:
            for message in stream.wire.receive(data):
                if isinstance(message, bytes):
                    stream.send(message)
                elif stream.phase is Phase.ADMISSION and not stream.is_asking:
                    stream.is_asking = True
                    self._chores.admit(message, lambda answer: self.call(lambda: self._admitted(stream, answer)))
        except WireClosed as closed:
            stream.send(closed.farewell)
            stream.enter(Phase.CLOSING)

    def _admitted(self, stream: Stream, answer: Wish | Refusal) -> None:
        stream.is_asking = False
        if stream.phase is not Phase.ADMISSION:
            return
        if isinstance(answer, Refusal):
            self._end(stream, answer.code, answer.reason)
        else:
            stream.wish = answer
            self._start(stream)
        self._flush(stream)

    def _start(self, stream: Stream) -> None:
        """Let a stream begin, once the position is known: what the client is told from then on has no gap."""
        stream.enter(Phase.START)
        if self._position is None or stream.wish is None:
            return
        stream.cursor = stream.wish.last_id or self._position
        stream.send(stream.wire.message(stream.cursor, f'{{"id":"{stream.cursor}","event":"ready"}}'))
        if stream.wish.last_id is None:
            stream.enter(Phase.LIVE)
        else:
            stream.enter(Phase.REPLAY)
            self._catch_up(stream, is_first=True)

    def _catch_up(self, stream: Stream, is_first: bool = False) -> None:
        """Go on with what the client has not seen: from Redis, or live where the recent events begin."""
        if is_first or place_of(stream.cursor) < place_of(self._floor):
            stream.is_asking = True
            floor = self._floor
            self._chores.fetch(
                stream.cursor, is_first, lambda page: self.call(lambda: self._replay(stream, page, floor))
            )
            return
        cursor = place_of(stream.cursor)
        for entry in self._recent:
            if entry.place > cursor:
                stream.offer(entry)
                if stream.is_full:
                    return
        stream.enter(Phase.LIVE)

    def _replay(self, stream: Stream, page: Page | None, floor: str) -> None:
        """Send a page of what the client missed; `floor` is where the recent events began when it was asked for."""
        stream.is_asking = False
        if stream.phase is not Phase.REPLAY:
            return
        if page is None:
            self._end(stream, TRY_AGAIN_LATER, "the events cannot be read now")
            self._flush(stream)
            return
        if not page.is_whole:
            stream.send(stream.wire.message(stream.cursor, f'{{"id":"{stream.cursor}","event":"reset"}}'))
        for entry in page.entries:
            stream.offer(entry)
        if page.is_last and place_of(stream.cursor) < place_of(floor):
            # Redis has nothing newer than the page: what there was up to the floor is too old to be kept.
            stream.cursor = floor
        stream.enter(Phase.REPLAY)
        self._flush(stream)

    def _spread(self, batch: Batch) -> None:
        """Give a batch to all who are live."""
        with suppress(ValueError):
            self._room.release()
        is_first, self._position = self._position is None, batch.position
        if is_first or batch.is_reset:
            self._recent.clear()
            self._floor = batch.position
        for entry in batch.entries:
            if len(self._recent) == RECENT:
                self._floor = self._recent[0].id
            self._recent.append(entry)
        written: dict[tuple[str, str], bytes] = {}
        for stream in list(self._streams):
            if stream.phase is Phase.START:
                self._start(stream)
            elif stream.phase is Phase.LIVE:
                self._tell(stream, batch, written)
            self._flush(stream)

    def _tell(self, stream: Stream, batch: Batch, written: dict[tuple[str, str], bytes]) -> None:
        if batch.is_reset:
            stream.cursor = batch.position
            stream.send(stream.wire.message(batch.position, f'{{"id":"{batch.position}","event":"reset"}}'))
        for entry in batch.entries:
            stream.offer(entry, written)
            if stream.is_full:
                stream.enter(Phase.REPLAY)
                return

    def _tick(self) -> None:
        now = clock.monotonic()
        if now - self._ticked_at < TICK_S:
            return
        self._ticked_at = now
        for stream in list(self._streams):
            waited_s = now - stream.since
            if stream.is_stuck and stream.phase is not Phase.CLOSING:
                log.info("stream.dropped", reason="the client does not read")
                stream.forget_unsent()
                self._end(stream, TRY_AGAIN_LATER, "the client does not read")
            elif stream.phase is Phase.ADMISSION and waited_s > FIRST_MESSAGE_S and not stream.is_asking:
                self._end(stream, POLICY, f"no token came within {FIRST_MESSAGE_S:g} s")
            elif stream.phase in (Phase.START, Phase.REPLAY) and waited_s > PATIENCE_S:
                self._end(stream, TRY_AGAIN_LATER, "neither the events nor the client came forward")
            elif stream.phase is Phase.CLOSING and waited_s > LAST_BYTES_S:
                self._drop(stream)
            elif stream.phase is Phase.LIVE and waited_s >= HEARTBEAT_S:
                stream.since = now
                stream.send(stream.wire.heartbeat(self._position or stream.cursor))
            self._flush(stream)
        if now - self._checked_at >= SESSIONS_EVERY_S:
            self._checked_at = now
            session_ids = {stream.wish.session_id for stream in self._streams if stream.wish is not None}
            self._chores.check(session_ids, lambda ended: self.call(lambda: self._end_sessions(ended)))

    def _end_sessions(self, ended: set[str]) -> None:
        for stream in list(self._streams):
            if stream.wish is not None and stream.wish.session_id in ended:
                self._end(stream, POLICY, "the session has ended")
                self._flush(stream)

    def _flush(self, stream: Stream) -> None:
        """Send what can be sent, and wait for the rest; drop who does not read."""
        if stream not in self._streams:
            return
        try:
            stream.flush()
        except OSError:
            self._drop(stream)
            return
        if stream.has_more is not stream.is_writing:
            stream.is_writing = stream.has_more
            write = selectors.EVENT_WRITE if stream.is_writing else 0
            self._selector.modify(stream.socket, selectors.EVENT_READ | write, stream)
        if stream.has_more:
            return
        if stream.phase is Phase.CLOSING:
            self._drop(stream)
        elif stream.phase is Phase.REPLAY and not stream.is_asking:
            self._catch_up(stream)
            if stream.has_more:
                self._flush(stream)

    def _end(self, stream: Stream, code: int, reason: str) -> None:
        if stream.phase is not Phase.CLOSING:
            stream.send(stream.wire.farewell(code, reason))
            stream.enter(Phase.CLOSING)

    def _drop(self, stream: Stream) -> None:
        if stream in self._streams:
            with suppress(OSError):
                stream.flush()
            self._streams.discard(stream)
            with suppress(KeyError, ValueError):
                self._selector.unregister(stream.socket)
            with suppress(OSError):
                stream.socket.shutdown(socket.SHUT_WR)
            stream.socket.close()
            self._on_left()
