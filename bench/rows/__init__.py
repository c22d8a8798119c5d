"""The rows of the benchmark, by the name under which each can be run alone."""

from collections.abc import Callable, Iterator

from bench.environment import Environment
from bench.figures import Figure
from bench.rows import accept, fleets, generate, idle, lists, pages, pull, score, start, stats, tasks, upsert, webhooks

Measure = Callable[[Environment], Iterator[Figure]]
"""A row: it yields its figures as they are known."""

ROWS: dict[str, Measure] = {
    "accept": accept.measure,
    "tasks": tasks.measure,
    "pull": pull.measure,
    "fleets": fleets.measure,
    "upsert": upsert.measure,
    "generate": generate.measure,
    "score": score.measure,
    "stats": stats.measure,
    "lists": lists.measure,
    "webhooks": webhooks.measure,
    "pages": pages.measure,
    "idle": idle.measure,
    "start": start.measure,
}
