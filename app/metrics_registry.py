"""What this process counts and times, until it is added to what all processes of all machines did.

Whoever counts only appends to a queue, which needs no lock: a signal that ends a task must not find one taken.
"""

import os
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Sequence

Field = tuple[str, ...]
"""A measure's name, the values of its labels and, of a histogram, `sum` or a bucket's upper bound."""

INFINITE = "+Inf"
SUM = "sum"
MAX_KEPT = 100_000
"""More than a process does before it is asked: what nobody drains must not fill the memory."""

_events: deque[tuple["Metric", tuple[str, ...], float]] = deque(maxlen=MAX_KEPT)
# What the parent did is the parent's to tell.
os.register_at_fork(after_in_child=_events.clear)


class Metric:
    """Something that is counted for each combination of its labels' values."""

    def __init__(self, name: str, help: str, labels: Sequence[str], known: Iterable[tuple[str, ...]] = ()) -> None:
        """`known` are the labels' values that are shown with 0 before anything happens."""
        self.name = name
        self.help = help
        self.labels = tuple(labels)
        self.known = tuple(known)

    def fields(self, labels: tuple[str, ...], value: float) -> dict[Field, float]:
        """Return what one event adds."""
        return {(self.name, *labels): value}


class Counter(Metric):
    """Counts events; it is shown under its name with `_total`."""

    def add(self, *labels: str, amount: float = 1) -> None:
        """Count one event, or several."""
        _events.append((self, labels, amount))


class Histogram(Metric):
    """Counts how many durations were at most how long."""

    def __init__(self, name: str, help: str, labels: Sequence[str], bounds_s: Sequence[float]) -> None:
        super().__init__(name, help, labels)
        self._bounds_s = tuple(bounds_s)
        self.bounds = (*(f"{bound:g}" for bound in bounds_s), INFINITE)

    def observe(self, seconds: float, *labels: str) -> None:
        """Note one duration."""
        _events.append((self, labels, seconds))

    def fields(self, labels: tuple[str, ...], value: float) -> dict[Field, float]:
        """Return what one duration adds: to the one bucket in which it lies, and to the sum."""
        bound = self.bounds[bisect_left(self._bounds_s, value)]
        return {(self.name, *labels, bound): 1, (self.name, *labels, SUM): value}


def drain() -> dict[Field, float]:
    """Return what was counted since the last time, and forget it."""
    amounts: dict[Field, float] = {}
    while _events:
        measure, labels, value = _events.popleft()
        for field, amount in measure.fields(labels, value).items():
            amounts[field] = amounts.get(field, 0) + amount
    return amounts
