"""dramatiq: messages in Redis, acknowledged after the run; no results and no durable ledger."""

import os

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from bench.peers.producing import produce

dramatiq.set_broker(RedisBroker(url=os.environ["REDIS_URL"]))


@dramatiq.actor(queue_name="noop")  # type: ignore[untyped-decorator]
def noop(monitor_id: int) -> None:
    """Do nothing."""


if __name__ == "__main__":
    produce(lambda: noop.send(1))
