"""Times an action that is repeated."""

import statistics
import time
from collections.abc import Callable

ENOUGH_S = 0.6
AT_MOST = 300


def times_ms(action: Callable[[], object], enough_s: float = ENOUGH_S) -> list[float]:
    """Repeat an action for `enough_s` after one warm-up, at least once; return the time of each call in ms."""
    action()
    taken: list[float] = []
    give_up_at = time.perf_counter() + enough_s
    while not taken or (time.perf_counter() < give_up_at and len(taken) < AT_MOST):
        begun_at = time.perf_counter()
        action()
        taken.append((time.perf_counter() - begun_at) * 1000)
    return sorted(taken)


def p99_ms(action: Callable[[], object]) -> float:
    """Return the 99th percentile of the times in ms."""
    taken = times_ms(action)
    return taken[min(len(taken) - 1, int(0.99 * len(taken)))]


def median_ms(action: Callable[[], object]) -> float:
    """Return the median time in ms."""
    return statistics.median(times_ms(action))
