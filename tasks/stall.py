"""Notices a worker that takes no work although some waits and slots are free, as after a connection died unnoticed."""

import structlog
from celery.worker import state
from redis.exceptions import ConnectionError as RedisConnectionError

from app import clock

log = structlog.get_logger()
STALLED_AFTER_S = 5.0


class StallGuard:
    """Watches one consumer."""

    def __init__(self) -> None:
        self.stalls = 0
        self.is_stalled = False
        self._received = -1
        self._idle_since = clock.monotonic()

    def watch(self, waiting: int, slots: int) -> None:
        """Look at the worker once, `waiting` being the messages in the queues that it takes from.

        Raises redis' ConnectionError when it has stalled: the worker's event loop then connects anew, as it does when
        it notices a broken connection by itself.
        """
        received = sum(state.total_count.values()) + len(state.reserved_requests)
        is_idle = waiting > 0 and len(state.reserved_requests) < slots and received == self._received
        self._received = received
        if not is_idle:
            self._idle_since = clock.monotonic()
            self.is_stalled = False
        elif clock.monotonic() - self._idle_since >= STALLED_AFTER_S:
            self._idle_since = clock.monotonic()
            self.stalls += 1
            self.is_stalled = True
            log.error("worker.stalled", waiting=waiting)
            raise RedisConnectionError("messages wait and slots are free, but none was taken")
