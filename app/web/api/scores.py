"""The health score."""

from datetime import datetime
from typing import Any

from app import clock
from app.enums import Role, ScoreCause
from app.store.database.pages import Page
from app.web.api_blueprint import ApiBlueprint
from app.web.context import Row, services
from app.web.schemas.pages import page_of
from app.web.schemas.scores import (
    CausesQuerySchema,
    CausesSchema,
    ChangesQuerySchema,
    DropsQuerySchema,
    ScopeQuerySchema,
    ScoreCausesSchema,
    ScoreChangesSchema,
    ScoreDropsSchema,
    ScoreHistoryQuerySchema,
    ScoreSampleSchema,
    ScoreSchema,
)

scores = ApiBlueprint("scores", __name__, description="The health score: the state of the fleet as one number")


@scores.operation("GET", "/alerts/score", role=Role.VIEWER, query=ScopeQuerySchema, answer=ScoreSchema, errors=(404,))
def score(**scope: Any) -> Row:
    """Return the health score of the fleet or of a part of it, with the alert counts behind it."""
    return services().alerts.scores.score(**scope)


@scores.operation(
    "GET", "/alerts/score/why", role=Role.VIEWER, query=ScopeQuerySchema, answer=ScoreCausesSchema, errors=(404,)
)
def score_causes(**scope: Any) -> Row:
    """Return the hosts and alerts that lower the score most."""
    return services().alerts.scores.why(**scope)


@scores.operation(
    "GET", "/alerts/score/causes", role=Role.VIEWER, query=CausesQuerySchema, answer=CausesSchema, errors=(404,)
)
def score_causes_by(by: str, limit: int, **scope: Any) -> Row:
    """Return what would help the score most: points regained by monitor, group, host, message or alert."""
    return services().alerts.score_causes.list(ScoreCause(by), limit, **scope)


@scores.operation(
    "GET",
    "/alerts/score/history",
    role=Role.VIEWER,
    query=ScoreHistoryQuerySchema,
    answer=page_of(ScoreSampleSchema),
    errors=(404,),
)
def score_history(**query: Any) -> Page:
    """List the health scores of the past, sampled every five minutes, newest first."""
    return services().alerts.scores.history(**query)


@scores.operation(
    "GET", "/alerts/score/changes", role=Role.VIEWER, query=ChangesQuerySchema, answer=ScoreChangesSchema, errors=(404,)
)
def score_changes(after: datetime, before: datetime | None = None, monitor_id: int | None = None) -> Row:
    """Return what happened in a time that changes the score: alerts, maintenance windows, failed pulls."""
    return services().alerts.score_changes.between(after, before or clock.now(), monitor_id)


@scores.operation(
    "GET", "/alerts/score/drops", role=Role.VIEWER, query=DropsQuerySchema, answer=ScoreDropsSchema, errors=(404,)
)
def score_drops(after: datetime, limit: int, before: datetime | None = None, monitor_id: int | None = None) -> Row:
    """Return the largest drops of the score in a time, each with what happened meanwhile."""
    found = services().alerts.score_changes.drops(after, before or clock.now(), limit, monitor_id)
    return {"items": found}
