"""The services of this process."""

import os
import signal
from typing import Any

from celery.signals import worker_before_create_process, worker_process_init, worker_process_shutdown

from app import tracing
from app.composition import Services, build
from app.settings import settings_or_exit
from tasks.lease import interrupt

_services: dict[int, Services] = {}


def services(*, pooled: bool = True) -> Services:
    """Return the services of this process, built on first use.

    A child never uses its parent's: two processes that share a connection would read each other's replies. For the same
    reason the parent has no pool of database connections (`pooled=False`), and before it forks it closes the one that
    recovery uses.
    """
    pid = os.getpid()
    if pid not in _services:
        _services.clear()
        _services[pid] = build(
            settings_or_exit(), durable=False, pooled=pooled, are_events_gathered=pooled, name="nagare worker"
        )
    return _services[pid]


@worker_before_create_process.connect
def _let_go(**_: Any) -> None:
    # Built now, so that the children share what the first use of the database and of the cipher loads.
    services(pooled=False).database.close()


@worker_process_init.connect
def _prepare_child(**_: Any) -> None:
    signal.signal(signal.SIGUSR2, interrupt)
    tracing.start(settings_or_exit().otlp_endpoint.get_secret_value(), "nagare-worker")
    services().operation.metrics.start()


@worker_process_shutdown.connect
def _end_child(**_: Any) -> None:
    services().operation.metrics.close()
    services().queue.events.flush()
    tracing.stop()
