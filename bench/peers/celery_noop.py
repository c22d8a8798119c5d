"""Celery as its documentation configures tasks that must not get lost: late acknowledgement, results in Redis."""

import os

from celery import Celery

from bench.peers.producing import produce

celery = Celery("bench.peers.celery_noop", broker=os.environ["REDIS_URL"], backend=os.environ["REDIS_URL"])
celery.conf.update(task_default_queue="noop", task_acks_late=True, worker_prefetch_multiplier=1)


@celery.task(name="noop")  # type: ignore[untyped-decorator]
def noop(monitor_id: int) -> dict[str, int]:
    """Do nothing."""
    return {"seen": 0}


if __name__ == "__main__":
    produce(lambda: noop.delay(1))
