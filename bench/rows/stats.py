"""The lengths of all queues while a million messages wait."""

import statistics
from collections.abc import Iterator

from app.enums import TaskType
from app.queue.keys import QUEUES
from bench.environment import KINDS, Environment
from bench.figures import Figure
from bench.timing import median_ms
from tests.acceptance.stack import Stack

MESSAGES = 1_000_000
AT_ONCE = 10_000
ELEMENT = "x" * 64


def measure(environment: Environment) -> Iterator[Figure]:
    """Request the queues' lengths with nothing and with much waiting, beside one LLEN."""
    with environment.stack(environment.new_database(KINDS[0])) as stack:
        empty = _asked_ms(stack)
        key, count = QUEUES[TaskType.PULL_HOSTS], environment.sizes.of(MESSAGES)
        for start in range(0, count, AT_ONCE):
            stack.redis.lpush(key, *[ELEMENT] * min(AT_ONCE, count - start))
        full, trips = _asked_ms(stack), _round_trips(stack)
        llen = median_ms(lambda: stack.redis.llen(key))
        beside = {"with nothing waiting": empty, "one LLEN": llen}
        yield Figure(f"{count:,} waiting, median over HTTP", "ms", full, beside, aim_ratio=0.67)
        yield Figure("round trips to Redis a request", "trips", trips, {"one LLEN": 1}, aim_ratio=1)


def _asked_ms(stack: Stack) -> float:
    return median_ms(lambda: stack.user.call("GET", "/queue/stats", 200))


def _round_trips(stack: Stack) -> float:
    """Return the median number of reads that Redis makes per request: timers of the API add a read to a few."""
    return statistics.median(_reads_of_a_request(stack) for _ in range(100))


def _reads_of_a_request(stack: Stack) -> int:
    before = _reads(stack)
    stack.user.stats()
    # Without the second INFO itself.
    return _reads(stack) - before - 1


def _reads(stack: Stack) -> int:
    server: dict[str, int] = stack.redis.info("stats")
    return server["total_reads_processed"]
