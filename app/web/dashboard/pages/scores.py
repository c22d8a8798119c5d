"""Why the score is low: what would help most, its history, and what changed it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from app import clock
from app.enums import Role, ScoreCause
from app.rules.matchers.matcher import Matcher, Operator
from app.rules.matchers.texts import text_of
from app.web.context import Row, services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.forms import read_query
from app.web.dashboard.fragments import is_wanted
from app.web.dashboard.pages.monitors import monitor_names
from app.web.dashboard.score_history import changes_of, points_of, samples_of
from app.web.schemas.scores import SCORE_HOURS, ScorePageQuerySchema

DROPS = 8
SCOPE = ("monitor_id", "group", "host_id", "machine_id")
FIELDS = {ScoreCause.GROUP: "alert.group", ScoreCause.MESSAGE: "alert.message"}
NUMBERS = {ScoreCause.MONITOR: "monitor_id", ScoreCause.HOST: "host_id"}


@dashboard.page("/score", role=Role.VIEWER)
def score() -> str:
    """Show what costs the score of a part of the fleet how many points, and what it was when."""
    query = read_query(ScorePageQuerySchema)
    by, hours = ScoreCause(query["by"]), query["hours"]
    scope = {name: query[name] for name in SCOPE if name in query}
    found = services().alerts.score_causes.list(by, query["limit"], **scope)
    has_history = is_wanted("history") and not set(scope) - {"monitor_id"}
    return render(
        "score",
        found=found,
        causes=[{**cause, **_links(by, cause)} for cause in found["causes"]],
        kinds=list(ScoreCause),
        scope=scope,
        scope_name=_scope_name(scope),
        hours=hours,
        choices=SCORE_HOURS,
        monitors=monitor_names(),
        has_history=has_history,
        **(_history(hours, query, scope.get("monitor_id")) if has_history else {}),
    )


def _history(hours: int, query: dict[str, Any], monitor_id: int | None) -> dict[str, Any]:
    now = clock.now()
    samples = samples_of(hours, monitor_id)
    drops = services().alerts.score_changes.drops(now - timedelta(hours=hours), now, DROPS, monitor_id)
    changed = _changed(query.get("at"), query.get("after"), query.get("before"), monitor_id)
    return {"points": points_of(samples, hours), "listed": changes_of(samples), "drops": drops, "changed": changed}


def _changed(
    at: datetime | None, after: datetime | None, before: datetime | None, monitor_id: int | None
) -> Row | None:
    """Return what changed at the time that was chosen; None if none was."""
    if after is not None:
        return services().alerts.score_changes.between(after, before or clock.now(), monitor_id)
    return None if at is None else services().alerts.score_changes.around(at, monitor_id)


def _links(by: ScoreCause, cause: Row) -> dict[str, Any]:
    """Return the filters of the alerts of a cause, and the scope of its own score; None where there is none."""
    if by in FIELDS:
        match = text_of(Matcher(FIELDS[by], Operator.EQUAL, cause["name"], is_field=True))
        return {"filters": {"match": match}, "own": {"group": cause["name"]} if by is ScoreCause.GROUP else None}
    if by in NUMBERS and cause["id"] is not None:
        return {"filters": {NUMBERS[by]: cause["id"]}, "own": {NUMBERS[by]: cause["id"]}}
    return {"filters": None, "own": None}


def _scope_name(scope: dict[str, Any]) -> str:
    """Return the names of what the page is limited to; empty for all hosts."""
    inventory = services().inventory
    names: dict[str, Callable[[Any], Any]] = {
        "monitor_id": lambda number: inventory.monitors.get(number)["name"],
        "host_id": lambda number: inventory.inventory.get_host(number)["display_name"],
        "machine_id": lambda number: services().machines.machines.get(number)["name"],
        "group": str,
    }
    return " · ".join(str(names[name](value)) for name, value in scope.items())
