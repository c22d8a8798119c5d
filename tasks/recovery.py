"""The timer in the worker's own event loop: it says that the worker is alive, and keeps the recovery's turns."""

import os
import socket
from typing import Any

import structlog
from celery import bootsteps
from celery.worker.consumer import Consumer
from redis.exceptions import ConnectionError as RedisConnectionError

from app import clock
from app.errors import BrokerUnavailable, DatabaseUnavailable
from app.queue.keys import QUEUES
from tasks.process import services
from tasks.stall import StallGuard

log = structlog.get_logger()
TURN_S = 1.0


class RecoveryStep(bootsteps.StartStopStep):
    """Runs a turn a second while the worker consumes."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Consumer, **options: Any) -> None:
        super().__init__(consumer, **options)
        self._timer: Any = None
        self._started_at = clock.now()
        self._paused: set[str] = set()
        self._stall_guard = StallGuard()

    def start(self, consumer: Consumer) -> None:
        """Start the timer; the first turn comes at once."""
        self._paused = set()
        self._turn(consumer)
        self._timer = consumer.timer.call_repeatedly(TURN_S, self._turn, (consumer,))

    def stop(self, consumer: Consumer) -> None:  # noqa: ARG002 - the signature is Celery's
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def shutdown(self, consumer: Consumer) -> None:
        """Sign off, so that a worker that ended well is not waited for."""
        try:
            services(pooled=False).registry.sign_off(consumer.hostname)
        except BrokerUnavailable:
            log.info("worker.not_signed_off")

    def _turn(self, consumer: Consumer) -> None:
        app = services(pooled=False)
        try:
            app.metrics.flush()
            app.registry.announce(consumer.hostname, self._description(consumer))
            with app.database.kept_open():
                paused = app.queues.paused()
                self._follow_pauses(consumer, paused)
                lengths = app.recovery.turn(f"{consumer.hostname}/{os.getpid()}")
            waiting = sum(length for type_, length in lengths.items() if type_ not in paused)
            self._stall_guard.watch(waiting, self._slots(consumer))
        except (BrokerUnavailable, DatabaseUnavailable) as error:
            log.warning("recovery.waits", error=str(error))
        except RedisConnectionError:
            raise  # the event loop's cue to connect anew
        # A timer that raises would end the worker, and with it the recovery of everybody's tasks.
        except Exception:
            log.exception("recovery.failed")

    def _description(self, consumer: Consumer) -> dict[str, Any]:
        return {
            "name": consumer.hostname,
            "hostname": socket.gethostname(),
            "pid": os.getpid(),
            "concurrency": self._slots(consumer),
            "stalls": self._stall_guard.stalls,
            "is_stalled": self._stall_guard.is_stalled,
            "started_at": self._started_at.isoformat(),
            "seen_at": clock.now().isoformat(),
        }

    def _slots(self, consumer: Consumer) -> int:
        return consumer.pool.num_processes if consumer.pool else 0

    def _follow_pauses(self, consumer: Consumer, paused: set[str]) -> None:
        """Stop taking from queues that were paused, and take again from those that were resumed."""
        for type_, queue in QUEUES.items():
            if type_ in paused and type_ not in self._paused:
                consumer.cancel_task_queue(queue)
            elif type_ in self._paused and type_ not in paused:
                consumer.add_task_queue(queue)
        self._paused = paused
