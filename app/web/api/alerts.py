"""Alerts and the health score."""

from collections.abc import Mapping
from typing import Any

from app.enums import Role, Severity
from app.services.requester import Requester
from app.store.pages import Page
from app.web.api.accepted import accepted
from app.web.context import Row, services
from app.web.operations import ApiBlueprint
from app.web.schemas.alerts import (
    AlertChoiceSchema,
    AlertCommentSchema,
    AlertQuerySchema,
    AlertSchema,
    ResolvedSchema,
    ScoreSchema,
    TestAlertsQuerySchema,
)
from app.web.schemas.pages import page_of
from app.web.schemas.tasks import AlertTaskSchema

alerts = ApiBlueprint("alerts", __name__, description="What needs a person's eye, and the health score")

ALERT = "/alerts/<id:alert_id>"


@alerts.submission("/alerts/generate-test", query=TestAlertsQuerySchema, answer=AlertTaskSchema)
def generate_test_alerts(
    by: Requester, count: int, severity: int | None = None, seed: int | None = None
) -> tuple[dict[str, Any], dict[str, str]]:
    """Queue the making of test alerts on random hosts and items."""
    chosen = None if severity is None else Severity(severity)
    task_id = services().submit.generate_alerts(by, count, chosen, seed)
    return accepted("Test alert generation task queued", task_id, count=count)


@alerts.operation("GET", "/alerts", role=Role.VIEWER, query=AlertQuerySchema, answer=page_of(AlertSchema))
def list_alerts(**query: Any) -> Page:
    """List the alerts, newest first."""
    return services().alerts.list(**query)


@alerts.operation("GET", "/alerts/score", role=Role.VIEWER, answer=ScoreSchema)
def score() -> Row:
    """Return the health score and what it comes from."""
    return services().alerts.score()


@alerts.operation("GET", ALERT, role=Role.VIEWER, answer=AlertSchema, errors=(404,))
def get_alert(alert_id: int) -> Row:
    """Return one alert."""
    return services().alerts.get(alert_id)


@alerts.operation(
    "POST",
    ALERT + "/acknowledge",
    role=Role.OPERATOR,
    body=AlertCommentSchema,
    answer=AlertSchema,
    errors=(404, 409),
)
def acknowledge_alert(alert_id: int, body: Mapping[str, Any]) -> Row:
    """Note that somebody takes care of an alert."""
    return services().alerts.acknowledge(alert_id, **body)


@alerts.operation(
    "POST", ALERT + "/resolve", role=Role.OPERATOR, body=AlertCommentSchema, answer=AlertSchema, errors=(404, 409)
)
def resolve_alert(alert_id: int, body: Mapping[str, Any]) -> Row:
    """Note that an alert is over."""
    return services().alerts.resolve(alert_id, **body)


@alerts.operation(
    "POST", ALERT + "/reopen", role=Role.OPERATOR, body=AlertCommentSchema, answer=AlertSchema, errors=(404, 409)
)
def reopen_alert(alert_id: int, body: Mapping[str, Any]) -> Row:
    """Make an alert active again."""
    return services().alerts.reopen(alert_id, **body)


@alerts.operation("POST", "/alerts/resolve", role=Role.OPERATOR, body=AlertChoiceSchema, answer=ResolvedSchema)
def resolve_alerts(body: Mapping[str, Any]) -> dict[str, int]:
    """Resolve many alerts, by their ids or by a filter."""
    filters = body.get("filter", {})
    return {"resolved": services().alerts.resolve_many(ids=body.get("ids"), **filters)}
