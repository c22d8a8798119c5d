"""A timer in the worker's event loop: it sends the heartbeat and runs recovery."""

import os
import socket
from typing import Any
from uuid import uuid4

import structlog
from celery import bootsteps
from celery.worker.consumer import Consumer
from redis.exceptions import ConnectionError as RedisConnectionError

from app import clock
from app.errors import BrokerUnavailable, DatabaseUnavailable
from app.queue.workers import WorkerRegistry
from tasks.duplicate_nodenames import DuplicateNodenames
from tasks.orders import Orders
from tasks.pauses import Pauses
from tasks.stall_detection import StallGuard, slots, taken
from tasks.worker_process import services

log = structlog.get_logger()
TICK_S = 1.0


class RecoveryStep(bootsteps.StartStopStep):
    """Runs recovery once a second while the worker consumes."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Consumer, **options: Any) -> None:
        super().__init__(consumer, **options)
        self._timer: Any = None
        self._started_at = clock.now()
        self._id = f"{consumer.hostname}/{uuid4().hex[:12]}"
        self._namesakes = DuplicateNodenames(self._id, consumer.hostname)
        self._is_name_shared = False
        self._pauses = Pauses()
        self._orders = Orders()
        self._stall_guard = StallGuard()

    def start(self, consumer: Consumer) -> None:
        """Start the timer; the first run is immediate."""
        self._tick(consumer)
        self._timer = consumer.timer.call_repeatedly(TICK_S, self._tick, (consumer,))

    def stop(self, consumer: Consumer) -> None:  # noqa: ARG002 - the signature is Celery's
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def shutdown(self, consumer: Consumer) -> None:  # noqa: ARG002 - the signature is Celery's
        """Sign off, so that a worker that shut down cleanly is not waited for."""
        try:
            services(pooled=False).queue.workers.sign_off(self._id)
        except BrokerUnavailable:
            log.info("worker.not_signed_off")

    def _tick(self, consumer: Consumer) -> None:
        app = services(pooled=False)
        try:
            app.recovery.make_room()
            app.operation.metrics.flush()
            self._announce(app.queue.workers, consumer)
            with app.database.kept_open():
                self._orders.follow(app.queue.workers.take_order(self._id))
                self._pauses.follow(consumer, self._orders.paused(app.ledger.queues.paused()))
                lengths = app.recovery.tick(self._id)
            self._stall_guard.watch(consumer, lengths)
        except (BrokerUnavailable, DatabaseUnavailable) as error:
            log.warning("recovery.waits", error=str(error))
        except RedisConnectionError:
            raise  # makes the event loop reconnect
        # A timer that raises would end the worker, and with it the recovery of all tasks.
        except Exception:
            log.exception("recovery.failed")

    def _announce(self, registry: WorkerRegistry, consumer: Consumer) -> None:
        ids = registry.announce(self._id, self._description(consumer))
        has_candidates = any(id.startswith(f"{consumer.hostname}/") for id in ids - {self._id})
        self._is_name_shared = self._namesakes.watch(registry.alive() if has_candidates else ())

    def _description(self, consumer: Consumer) -> dict[str, Any]:
        return {
            "id": self._id,
            "name": consumer.hostname,
            "is_name_shared": self._is_name_shared,
            "hostname": socket.gethostname(),
            "pid": os.getpid(),
            "processes": consumer.pool.info["processes"],
            "concurrency": slots(consumer),
            "queues": taken(consumer),
            "stalls": self._stall_guard.stalls,
            "is_paused": self._orders.is_paused,
            "is_stalled": self._stall_guard.is_stalled,
            "started_at": self._started_at.isoformat(),
            "seen_at": clock.now().isoformat(),
        }
