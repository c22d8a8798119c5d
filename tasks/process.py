"""The services of this process."""

import os
import signal
from typing import Any

from celery.signals import worker_process_init

from app.composition import Services, build
from app.settings import settings_or_exit
from tasks.lease import interrupt

_services: dict[int, Services] = {}


def services(*, pooled: bool = True) -> Services:
    """Return the services of this process, built when they are first asked for.

    A child never uses those of its parent: two processes that share a connection would read each other's answers. For
    the same reason the parent, which forks, keeps no database connection open (`pooled=False`).
    """
    pid = os.getpid()
    if pid not in _services:
        _services.clear()
        _services[pid] = build(settings_or_exit(), durable=False, pooled=pooled)
    return _services[pid]


@worker_process_init.connect
def _prepare_child(**_: Any) -> None:
    signal.signal(signal.SIGUSR2, interrupt)
    services()
