"""The figures: one line each, with those of the peers from the same run."""

from collections.abc import Mapping
from dataclasses import dataclass, field

RATES = ("/s",)
"""Suffixes of units of which more is better."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. `aim_ratio` applies to the first of `beside`, `aim_below` to the figure itself."""

    what: str
    unit: str
    ours: float
    beside: Mapping[str, float] = field(default_factory=dict)
    aim_ratio: float | None = None
    aim_below: float | None = None

    @property
    def is_rate(self) -> bool:
        """Return whether more is better."""
        return self.unit.endswith(RATES)

    @property
    def ratio(self) -> float | None:
        """Return how many times as fast it is as the first peer; None without one."""
        if not self.beside:
            return None
        theirs = next(iter(self.beside.values()))
        better, worse = (self.ours, theirs) if self.is_rate else (theirs, self.ours)
        return better / worse if worse else None

    @property
    def aim(self) -> str:
        """Return the aim as text."""
        ratio = "" if self.aim_ratio is None else f"≥ {self.aim_ratio:g} ×"
        below = "" if self.aim_below is None else f"< {self.aim_below:g} {self.unit}"
        return ", ".join(filter(None, (ratio, below)))

    @property
    def is_met(self) -> bool | None:
        """Return whether the aim is met, by the ratio as it is shown; None if there is none."""
        if not self.aim:
            return None
        is_fast = self.aim_ratio is None or (self.ratio is not None and round(self.ratio, 2) >= self.aim_ratio)
        return is_fast and (self.aim_below is None or self.ours < self.aim_below)


class NotMeasured(Exception):
    """Something that the row needs is missing; the message says what."""
