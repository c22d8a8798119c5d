"""Computes the health score; docs/health-score.md explains it."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor

from app.enums import Severity

WEIGHTS = {Severity.INFO: 1, Severity.WARNING: 5, Severity.CRITICAL: 20}
ACKNOWLEDGED_FACTOR = 0.5
RESOLVED_FACTOR = 0.5
HALVING_LOAD = 20


@dataclass(frozen=True, slots=True)
class AlertSums:
    """Counts of the alerts of one severity, without suppressed ones."""

    active: int = 0
    acknowledged: int = 0
    resolved: int = 0
    """Alerts resolved within the window."""
    freshness: float = 0.0
    """Sum over the resolved alerts of a factor that falls linearly from 1 at the resolution to 0 as the window ends."""

    def __add__(self, other: "AlertSums") -> "AlertSums":
        return AlertSums(
            self.active + other.active,
            self.acknowledged + other.acknowledged,
            self.resolved + other.resolved,
            self.freshness + other.freshness,
        )


def alert_load(sums: Mapping[Severity, AlertSums], hosts: int) -> float:
    """Return the total weight of the alerts per host; `hosts` counts the hosts that are not inactive."""
    total = sum(
        WEIGHTS[severity]
        * (alerts.active + ACKNOWLEDGED_FACTOR * alerts.acknowledged + RESOLVED_FACTOR * alerts.freshness)
        for severity, alerts in sums.items()
    )
    return total / max(1, hosts)


def health_score(load: float) -> int:
    """Return 100 without load, else 0 to 99, halved for every 20 points of load per host."""
    if load <= 0:
        return 100
    return min(99, floor(exact_score(load)))


def exact_score(load: float) -> float:
    """Return the score without rounding."""
    return float(100 * 2 ** (-max(0.0, load) / HALVING_LOAD))


def regained(load: float, cost: float) -> float:
    """Return how many points of the score come back if this part of the load is gone."""
    return exact_score(load - cost) - exact_score(load)
