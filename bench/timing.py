"""How long one thing takes that is done again and again."""

import statistics
import time
from collections.abc import Callable

ENOUGH_S = 1.0
AT_MOST = 300


def times_ms(action: Callable[[], object], enough_s: float = ENOUGH_S) -> list[float]:
    """Do something for a while, once before that and once at least; return how long each took."""
    action()
    taken: list[float] = []
    give_up_at = time.perf_counter() + enough_s
    while not taken or (time.perf_counter() < give_up_at and len(taken) < AT_MOST):
        begun_at = time.perf_counter()
        action()
        taken.append((time.perf_counter() - begun_at) * 1000)
    return sorted(taken)


def p99_ms(action: Callable[[], object]) -> float:
    """Return what 99 in 100 times did not exceed."""
    taken = times_ms(action)
    return taken[min(len(taken) - 1, int(0.99 * len(taken)))]


def median_ms(action: Callable[[], object]) -> float:
    """Return the time in the middle."""
    return statistics.median(times_ms(action))
