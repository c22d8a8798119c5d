"""huey: a list of tasks in Redis with results there; a task leaves the list before it runs; no durable ledger."""

import os

from huey import RedisHuey

from bench.peers.producing import produce

huey = RedisHuey("noop", url=os.environ["REDIS_URL"])


@huey.task()  # type: ignore[untyped-decorator]
def noop(monitor_id: int) -> dict[str, int]:
    """Do nothing."""
    return {"seen": 0}


if __name__ == "__main__":
    # The main module's name is not the one that the consumer knows.
    from bench.peers import huey_noop

    produce(lambda: huey_noop.noop(1))
