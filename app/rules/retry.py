"""Whether a failed task is tried again, and when."""

from collections.abc import Callable
from dataclasses import dataclass

from app.errors import NagareError


@dataclass(frozen=True, slots=True)
class Retry:
    """Run the task again after `delay_s` seconds."""

    delay_s: float


@dataclass(frozen=True, slots=True)
class Bury:
    """Move the task to the dead letters; `reason` is the code of what went wrong."""

    reason: str


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential back-off with jitter: `base_s` seconds, doubled for each next retry, at most `cap_s`."""

    base_s: float
    cap_s: float

    def delay_s(self, retry: int, draw: Callable[[], float]) -> float:
        """Return the seconds to wait before retry number `retry` (from 0); `draw` gives a random number in [0, 1).

        The jitter covers the upper half of the doubled span, so that the delays of one task always grow
        while those of many tasks that failed together still spread out.
        """
        # 64 doublings exceed every cap; the limit keeps the power a float.
        span = min(self.cap_s, self.base_s * 2.0 ** min(retry, 64))
        return span * (0.5 + draw() / 2)


def decide(
    error: BaseException, *, attempts: int, max_retries: int, policy: RetryPolicy, draw: Callable[[], float]
) -> Retry | Bury:
    """Decide what becomes of a task that failed with `error` in its attempt number `attempts` (from 1).

    An error that is not ours is a bug in nagare, and one that is not retryable will not change: neither is tried again.
    """
    if not isinstance(error, NagareError):
        return Bury("internal_error")
    if not error.retryable or attempts > max_retries:
        return Bury(error.code)
    return Retry(policy.delay_s(attempts - 1, draw))
