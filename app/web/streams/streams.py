"""All streams of this process: their limit, their sessions, and their end."""

import asyncio
import itertools
from collections.abc import Callable

from app.composition import Services
from app.errors import DatabaseUnavailable, TooManyStreams, Unauthorized
from app.web.streams.clients import GOING_AWAY, POLICY, TRY_AGAIN_LATER, Client
from app.web.streams.handover import Wish
from app.web.streams.hub import Hub
from app.web.streams.signal_stream import Signals, SignalStream
from app.web.streams.stream import Stream, StreamEnded

MAX_STREAMS = 600
MAX_STRANGERS = 100
"""Clients that have not authenticated yet: the one that has waited longest is ended for the next one."""
TICK_S = 3.0
"""Interval of heartbeats and of the check for clients that do not read."""
SESSIONS_EVERY = 10
"""Ticks after which the sessions are checked."""
STOPPING = "the server is shutting down"
NO_ROOM = "this server has too many open streams: try again later"


class Streams:
    """Starts with the first stream. Everything but `require_room` runs in the event loop's thread."""

    def __init__(self, services: Services, admit: Callable[[str], Wish]) -> None:
        self._services = services
        self._admit_now = admit
        self._open: set[Stream] = set()
        self._strangers: dict[Stream, None] = {}
        self._hub: Hub | None = None
        self._looking: asyncio.Task[None] | None = None

    def require_room(self) -> None:
        """Raise TooManyStreams when there are too many streams or the process is shutting down."""
        if len(self._open) >= MAX_STREAMS or self._services.ledger.feed.is_closing:
            raise TooManyStreams(NO_ROOM)

    async def serve(self, client: Client, wish: Wish | None) -> None:
        """Serve a client until its stream ends."""
        stream = (SignalStream if isinstance(client, Signals) else Stream)(client, wish)
        if self._hub is None:
            self._hub = Hub(self._services.ledger.feed)
            self._looking = asyncio.ensure_future(self._look_after(self._hub))
        if self._services.ledger.feed.is_closing:
            stream.end(GOING_AWAY, STOPPING)
        if wish is not None:
            self._open.add(stream)
        else:
            self._strangers[stream] = None
            if len(self._strangers) > MAX_STRANGERS:
                next(iter(self._strangers)).end(TRY_AGAIN_LATER, "too many clients have not sent a token")
        try:
            await stream.run(self._hub, lambda message: self._admit(stream, message))
        finally:
            self._open.discard(stream)
            self._strangers.pop(stream, None)

    def close(self) -> None:
        """End all streams and all requests that wait for a task."""
        self._services.ledger.feed.close()
        self._services.ledger.task_watch.close()
        for stream in (*self._open, *self._strangers):
            stream.end(GOING_AWAY, STOPPING)
        if self._looking is not None:
            self._looking.cancel()

    async def _admit(self, stream: Stream, message: str) -> Wish:
        wish = await asyncio.to_thread(self._admit_now, message)
        self._strangers.pop(stream, None)
        if len(self._open) >= MAX_STREAMS:
            raise StreamEnded(TRY_AGAIN_LATER, NO_ROOM)
        self._open.add(stream)
        return wish

    async def _look_after(self, hub: Hub) -> None:
        for tick in itertools.count(1):
            await asyncio.sleep(TICK_S)
            hub.wake()
            for stream in list(self._open):
                stream.end_if_stuck()
            if tick % SESSIONS_EVERY == 0:
                await self._end_sessions()

    async def _end_sessions(self) -> None:
        sessions = {stream: stream.wish.session_id for stream in self._open if stream.wish is not None}
        ended = await asyncio.to_thread(lambda ids: set(filter(self._has_ended, ids)), {*sessions.values()})
        for stream, session_id in sessions.items():
            if session_id in ended:
                stream.end(POLICY, "the session has ended")

    def _has_ended(self, session_id: str) -> bool:
        try:
            self._services.access.auth.identify(session_id)
        except Unauthorized:
            return True
        except DatabaseUnavailable:
            # Nobody can sign out meanwhile; those who did before are found when the database is available again.
            return False
        return False
