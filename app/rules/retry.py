"""Decides whether and when a failed task is retried."""

from collections.abc import Callable
from dataclasses import dataclass

from app.errors import NagareError, NotificationFailed, SourceFailing

BUSY_STEPS = 2
"""A source that is too busy is left alone as if it had failed this many times more: four times as long."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Retry the task after `delay_s` seconds."""

    delay_s: float


@dataclass(frozen=True, slots=True)
class Bury:
    """Move the task to the dead letters; `reason` is the error's code."""

    reason: str


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with jitter: `base_s` seconds, doubled for each further retry, at most `cap_s`."""

    base_s: float
    cap_s: float

    def delay_s(self, retry: int, draw: Callable[[], float]) -> float:
        """Return the delay in seconds before retry number `retry` (from 0); `draw` returns a random number in [0, 1).

        The jitter covers the upper half of the span, so that the delays of one task always grow while those of many
        tasks that failed together still spread out.
        """
        # 64 doublings exceed every cap; the limit keeps the power a float.
        span = min(self.cap_s, self.base_s * 2.0 ** min(retry, 64))
        return span * (0.5 + draw() / 2)


def decide(
    error: BaseException, *, attempts: int, max_retries: int, policy: RetryPolicy, draw: Callable[[], float]
) -> Retry | Bury:
    """Decide what follows the failure with `error` of attempt number `attempts` (from 1).

    An error that is not nagare's own is a bug, and a non-retryable error will not change: neither is retried. A source
    that says when to come back is not asked earlier; the usual delay on top spreads out the tasks that it sent away
    together.
    """
    if not isinstance(error, NagareError):
        return Bury("internal_error")
    if not error.retryable or attempts > max_retries:
        return Bury(error.code)
    wait_s = error.retry_after_s if isinstance(error, SourceFailing | NotificationFailed) else None
    is_busy = isinstance(error, SourceFailing) and error.is_busy
    if wait_s is not None:
        return Retry(wait_s + policy.delay_s(attempts - 1, draw))
    return Retry(policy.delay_s(attempts - 1 + (BUSY_STEPS if is_busy else 0), draw))
