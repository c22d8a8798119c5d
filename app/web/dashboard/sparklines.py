"""Small lines that show what numbers were lately, drawn on the server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT = 96, 24
MARGIN = 3
"""Room for the dot at the end and for half of the line's width."""


@dataclass(frozen=True, slots=True)
class Sparkline:
    """A line in a box of WIDTH × HEIGHT, and what it says in numbers."""

    points: str
    """As SVG's polyline takes them."""
    end: tuple[float, float]
    """Where it ends: now."""
    lowest: float
    highest: float


def sparklines(history: Mapping[int, Sequence[Mapping[Any, Any]]]) -> dict[int, Sparkline]:
    """Return a line for each history of more than one step; all of them have one axis of time."""
    drawn = {key: steps for key, steps in history.items() if len(steps) > 1}
    moments = [step["at"].timestamp() for steps in drawn.values() for step in (steps[0], steps[-1])]
    return {key: _line(steps, min(moments), max(moments)) for key, steps in drawn.items()}


def _line(steps: Sequence[Mapping[Any, Any]], begin: float, end: float) -> Sparkline:
    lowest = min(step["lowest"] for step in steps)
    highest = max(step["highest"] for step in steps)
    points: list[tuple[float, float]] = []
    for step in steps:
        x = round(MARGIN + (WIDTH - 2 * MARGIN) * _share(step["at"].timestamp(), begin, end), 1)
        # A step of several values stands as an upright stroke, so that no peak is lost.
        for value in dict.fromkeys((step["lowest"], step["highest"])):
            points.append((x, round(HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * _share(value, lowest, highest), 1)))
    return Sparkline(" ".join(f"{x:g},{y:g}" for x, y in points), points[-1], lowest, highest)


def _share(value: float, low: float, high: float) -> float:
    """Return where a number lies between two others; in their middle when they are the same."""
    # In halves: the distance of the largest and the smallest number is none.
    span = high / 2 - low / 2
    return 0.5 if span == 0 else (value / 2 - low / 2) / span
