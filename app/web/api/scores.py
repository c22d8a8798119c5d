"""The health score."""

from typing import Any

from app.enums import Role, ScoreCause
from app.store.database.pages import Page
from app.web.api_blueprint import ApiBlueprint
from app.web.context import Row, services
from app.web.schemas.pages import page_of
from app.web.schemas.scores import (
    CausesQuerySchema,
    CausesSchema,
    ScopeQuerySchema,
    ScoreCausesSchema,
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
