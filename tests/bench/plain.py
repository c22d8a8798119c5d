"""The same work on plain Celery, as its documentation shows it: Redis carries the messages and keeps the results."""

import os

from celery import Celery

from app.composition import Services, build
from app.settings import load_settings

celery = Celery("plain", broker=os.environ["REDIS_URL"], backend=os.environ["REDIS_URL"])
celery.conf.update(task_default_queue="plain", task_acks_late=True, worker_prefetch_multiplier=1)

_services: dict[int, Services] = {}


@celery.task  # type: ignore[untyped-decorator]
def pull_hosts(monitor_id: int) -> dict[str, int]:
    """Pull the hosts of a monitor."""
    pid = os.getpid()
    if pid not in _services:
        _services[pid] = build(load_settings(), durable=False)
    return _services[pid].pulls.hosts(monitor_id)
