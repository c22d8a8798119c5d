"""The rows of the benchmark, by the name under which each can be run alone."""

from bench.figures import Measure
from bench.rows import accept, tasks

ROWS: dict[str, Measure] = {
    "accept": accept.measure,
    "tasks": tasks.measure,
}
