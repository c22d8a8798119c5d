"""rq: a list of jobs in Redis, each run in a forked process; no durable ledger."""

import os

from redis import Redis
from rq import Queue

from bench.peers.producing import produce


def noop(monitor_id: int) -> dict[str, int]:
    """Do nothing."""
    return {"seen": 0}


if __name__ == "__main__":
    queue = Queue("noop", connection=Redis.from_url(os.environ["REDIS_URL"]))
    produce(lambda: queue.enqueue("bench.peers.rq_noop.noop", 1))
