"""Sparklines: small lines of recent numbers, drawn on the server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT = 96, 24
MARGIN = 3
"""Room for the dot at the end and for half of the line's width."""


@dataclass(frozen=True, slots=True)
class Sparkline:
    """A line in a box of WIDTH × HEIGHT, with its figures."""

    points: str
    """Points in the syntax of SVG's polyline."""
    end: tuple[float, float]
    """Position of the latest value."""
    lowest: float
    highest: float


def sparklines(
    history: Mapping[int, Sequence[Mapping[Any, Any]]], latest: Mapping[int, float | None]
) -> dict[int, Sparkline]:
    """Return a line for each history of more than one step, ending at its latest value; all share the time axis."""
    drawn = {key: steps for key, steps in history.items() if len(steps) > 1}
    moments = [step["at"].timestamp() for steps in drawn.values() for step in (steps[0], steps[-1])]
    return {key: _line(steps, latest.get(key), min(moments), max(moments)) for key, steps in drawn.items()}


def _line(steps: Sequence[Mapping[Any, Any]], latest: float | None, begin: float, end: float) -> Sparkline:
    last = steps[-1]["highest"] if latest is None else latest
    lowest = min(last, *(step["lowest"] for step in steps))
    highest = max(last, *(step["highest"] for step in steps))
    points: list[tuple[float, float]] = []
    for step in steps:
        x = round(MARGIN + (WIDTH - 2 * MARGIN) * _share(step["at"].timestamp(), begin, end), 1)
        # A step with several values becomes a vertical stroke, so that no peak is lost.
        values = [step["lowest"], step["highest"], *([last] if step is steps[-1] else [])]
        for value in values:
            y = round(HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * _share(value, lowest, highest), 1)
            if (x, y) not in points[-1:]:
                points.append((x, y))
    return Sparkline(" ".join(f"{x:g},{y:g}" for x, y in points), points[-1], lowest, highest)


def _share(value: float, low: float, high: float) -> float:
    """Return the position of a number between two others; the middle when they are equal."""
    # Halved, because the difference of the largest and the smallest float would overflow.
    span = high / 2 - low / 2
    return 0.5 if span == 0 else (value / 2 - low / 2) / span
