"""Metrics of this process, until they are added to the sums of all processes.

A thread that counts only appends to a queue, which needs no lock: a signal that ends a task must not find one held.
"""

import os
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Sequence

Field = tuple[str, ...]
"""A metric's name, its label values and, for a histogram, `sum` or a bucket's upper bound."""

INFINITE = "+Inf"
SUM = "sum"
MAX_KEPT = 100_000
"""More than a process counts between two flushes: an undrained queue must not fill the memory."""

_events: deque[tuple["Metric", tuple[str, ...], float]] = deque(maxlen=MAX_KEPT)
# The parent's counts are flushed by the parent.
os.register_at_fork(after_in_child=_events.clear)


class Metric:
    """A value for each combination of label values."""

    def __init__(self, name: str, help: str, labels: Sequence[str], known: Iterable[tuple[str, ...]] = ()) -> None:
        """`known` are the label values that are shown with 0 before anything is counted."""
        self.name = name
        self.help = help
        self.labels = tuple(labels)
        self.known = tuple(known)

    def fields(self, labels: tuple[str, ...], value: float) -> dict[Field, float]:
        """Return the increments of one event."""
        return {(self.name, *labels): value}


class Counter(Metric):
    """Counts events; exposed under its name with `_total`."""

    def add(self, *labels: str, amount: float = 1) -> None:
        """Count one event, or several."""
        _events.append((self, labels, amount))


class Histogram(Metric):
    """Counts durations in buckets."""

    def __init__(self, name: str, help: str, labels: Sequence[str], bounds_s: Sequence[float]) -> None:
        super().__init__(name, help, labels)
        self._bounds_s = tuple(bounds_s)
        self.bounds = (*(f"{bound:g}" for bound in bounds_s), INFINITE)

    def observe(self, seconds: float, *labels: str) -> None:
        """Observe one duration."""
        _events.append((self, labels, seconds))

    def fields(self, labels: tuple[str, ...], value: float) -> dict[Field, float]:
        """Return the increments of one duration: its bucket and the sum."""
        bound = self.bounds[bisect_left(self._bounds_s, value)]
        return {(self.name, *labels, bound): 1, (self.name, *labels, SUM): value}


def drain() -> dict[Field, float]:
    """Return and reset what was counted since the last call."""
    amounts: dict[Field, float] = {}
    while _events:
        measure, labels, value = _events.popleft()
        for field, amount in measure.fields(labels, value).items():
            amounts[field] = amounts.get(field, 0) + amount
    return amounts
