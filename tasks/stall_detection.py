"""Detects a worker that takes no tasks although some are waiting and slots are free, as after a lost connection."""

from collections.abc import Mapping

import structlog
from celery.worker import state
from celery.worker.consumer import Consumer
from redis.exceptions import ConnectionError as RedisConnectionError

from app import clock
from app.queue.keys import QUEUES

log = structlog.get_logger()
STALLED_AFTER_S = 5.0


class StallGuard:
    """Watches one consumer."""

    def __init__(self) -> None:
        self.stalls = 0
        self.is_stalled = False
        self._received = -1
        self._idle_since = clock.monotonic()

    def watch(self, consumer: Consumer, lengths: Mapping[str, int]) -> None:
        """Check the worker once; `lengths` are the numbers of waiting messages by type.

        Raises redis' ConnectionError when it has stalled: the worker's event loop then reconnects, as it does when it
        notices a broken connection itself.
        """
        waiting = sum(lengths.get(type_, 0) for type_ in taken(consumer))
        held = _held(consumer)
        received = sum(state.total_count.values()) + held
        is_idle = waiting > 0 and held < slots(consumer) and received == self._received
        self._received = received
        if not is_idle:
            self._idle_since = clock.monotonic()
            self.is_stalled = False
        elif clock.monotonic() - self._idle_since >= STALLED_AFTER_S:
            self._idle_since = clock.monotonic()
            self.stalls += 1
            self.is_stalled = True
            log.error("worker.stalled", waiting=waiting)
            raise RedisConnectionError("messages are waiting and slots are free, but the worker takes none")


def slots(consumer: Consumer) -> int:
    """Return the number of slots."""
    return consumer.pool.num_processes if consumer.pool else 0


def taken(consumer: Consumer) -> list[str]:
    """Return the types that the worker consumes now."""
    names = {queue.name for queue in consumer.task_consumer.queues}
    return [type_ for type_, queue in QUEUES.items() if queue in names]


def _held(consumer: Consumer) -> int:
    """Return how many messages the worker holds: those that it runs, and those that a rate limit delays."""
    limited = sum(len(bucket.contents) for bucket in consumer.task_buckets.values() if bucket)
    return len(state.reserved_requests) + limited
