"""How long tasks run and wait: percentiles of each type, and of one type over time."""

from collections.abc import Mapping, Sequence
from typing import Any

from app import clock
from app.enums import Role, TaskType
from app.web.context import services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.forms import given_filters, read_query
from app.web.dashboard.pages.monitors import monitor_names
from app.web.schemas.tasks import DurationQuerySchema

SPANS_SHOWN = 48
SHORTEST_SPAN_S = 60
HOURS = (1, 6, 24, 168)
CHARTED = ("duration_50_s", "duration_90_s")
NOTHING: Mapping[str, float | None] = dict.fromkeys(CHARTED)


@dashboard.page("/tasks/durations", role=Role.VIEWER)
def task_durations() -> str:
    """Show the percentiles of each type, and the chart of one."""
    query = read_query(DurationQuerySchema)
    span_s = query.pop("span_s", None) or max(SHORTEST_SPAN_S, query["hours"] * 3600 // SPANS_SHOWN)
    tasks = services().ledger.tasks
    return render(
        "task_durations",
        rows=tasks.durations(**query),
        points=_points(tasks.durations(**query, span_s=span_s), query["hours"], span_s) if "type" in query else None,
        filters={"hours": query["hours"], **given_filters()},
        monitors=monitor_names(),
        types=list(TaskType),
        spans=HOURS,
    )


def _points(rows: Sequence[Mapping[str, Any]], hours: int, span_s: int) -> list[list[float | None]]:
    """Return the beginnings of all spans of the last hours and two percentiles of each; None where no task ended."""
    now = int(clock.now().timestamp())
    spans = [*range((now - hours * 3600) // span_s * span_s, now + 1, span_s)]
    known = {row["at"]: row for row in rows}
    return [[*spans], *([known.get(at, NOTHING)[name] for at in spans] for name in CHARTED)]
