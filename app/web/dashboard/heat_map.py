"""A heat map of very many things as one small drawing: a square a thing, the worst first."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

MAX_SQUARES = 5000
SIDE = 10
"""Of a square with its gap, in the drawing's own units."""
WIDE = 16 / 7
"""How much wider than high the drawing is on a screen."""


@dataclass(frozen=True, slots=True)
class HeatMap:
    """The squares of each kind as a path of an SVG, and the size of the drawing."""

    paths: Mapping[int, str]
    width: int
    height: int
    left_out: int


def heat_map(counts: Mapping[int, int]) -> HeatMap:
    """Return the map for the number of things of each kind, in this order."""
    total = sum(counts.values())
    shown = min(total, MAX_SQUARES)
    columns = max(1, math.ceil(math.sqrt(shown * WIDE)))
    paths, start = {}, 0
    for kind, count in counts.items():
        end = min(start + count, shown)
        squares = (f"M{at % columns * SIDE} {at // columns * SIDE}h9v9h-9z" for at in range(start, end))
        paths[int(kind)] = "".join(squares)
        start = end
    return HeatMap(paths, columns * SIDE, max(1, math.ceil(shown / columns)) * SIDE, total - shown)
