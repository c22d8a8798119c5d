"""The rows of the benchmark, by the name under which each can be run alone."""

from bench.figures import Measure
from bench.rows import accept, lists, score, stats, tasks, upsert

ROWS: dict[str, Measure] = {
    "accept": accept.measure,
    "tasks": tasks.measure,
    "upsert": upsert.measure,
    "score": score.measure,
    "stats": stats.measure,
    "lists": lists.measure,
}
