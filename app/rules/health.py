"""The health score; docs/health-score.md explains it."""

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
    """The alerts of one severity, counted; suppressed ones are left out."""

    active: int = 0
    acknowledged: int = 0
    resolved: int = 0
    """Those resolved within the window."""
    freshness: float = 0.0
    """The sum over the resolved ones of 1 at the moment of the resolve, falling straight to 0 at the window's end."""

    def __add__(self, other: "AlertSums") -> "AlertSums":
        return AlertSums(
            self.active + other.active,
            self.acknowledged + other.acknowledged,
            self.resolved + other.resolved,
            self.freshness + other.freshness,
        )


def alert_load(sums: Mapping[Severity, AlertSums], hosts: int) -> float:
    """Return the weight of all alerts a host; `hosts` counts those that are not inactive."""
    total = sum(
        WEIGHTS[severity]
        * (alerts.active + ACKNOWLEDGED_FACTOR * alerts.acknowledged + RESOLVED_FACTOR * alerts.freshness)
        for severity, alerts in sums.items()
    )
    return total / max(1, hosts)


def health_score(load: float) -> int:
    """Return 100 without any load, else 0 to 99, halved for every 20 points of load a host."""
    if load <= 0:
        return 100
    return min(99, floor(100 * 2 ** (-load / HALVING_LOAD)))
