"""Alerts."""

from typing import Any

from app.enums import Role, Scope, Severity
from app.rules.task_params.alerts import GenerateAlerts
from app.services.alerts.alerts import SimilarAlerts
from app.services.ledger.requester import Requester
from app.store.database.pages import Page, PageRequest
from app.store.selection.alert_lists import AlertPage
from app.web.api.accepted import accepted
from app.web.api_blueprint import ApiBlueprint
from app.web.context import Row, services
from app.web.schemas.alerts import (
    AlertDetailSchema,
    AlertEventSchema,
    AlertPageSchema,
    AlertQuerySchema,
    RawReportsSchema,
    SimilarAlertsSchema,
    SimilarQuerySchema,
    TestAlertsQuerySchema,
)
from app.web.schemas.pages import PageQuerySchema, page_of
from app.web.schemas.tasks import AlertTaskSchema

alerts = ApiBlueprint("alerts", __name__, description="Alerts from all monitors", writes=Scope.ALERTS)

ALERT = "/alerts/<id:alert_id>"


@alerts.submission("/alerts/generate-test", query=TestAlertsQuerySchema, answer=AlertTaskSchema)
def generate_test_alerts(
    by: Requester, count: int, severity: int | None = None, seed: int | None = None
) -> tuple[dict[str, Any], dict[str, str]]:
    """Queue the generation of test alerts on random hosts and items."""
    chosen = None if severity is None else Severity(severity)
    params = GenerateAlerts(count=count, severity=chosen, seed=seed)
    task_id = services().ledger.submit.accept(by, params)
    return accepted("Test alert generation task queued", task_id, count=count)


@alerts.operation("GET", "/alerts", role=Role.VIEWER, query=AlertQuerySchema, answer=AlertPageSchema)
def list_alerts(**query: Any) -> AlertPage:
    """List the alerts, newest first. The first page says how many there are."""
    return services().alerts.alerts.list(**query)


@alerts.operation("GET", ALERT, role=Role.VIEWER, answer=AlertDetailSchema, errors=(404,))
def get_alert(alert_id: int) -> Row:
    """Return an alert."""
    return services().alerts.alerts.get(alert_id)


@alerts.operation(
    "GET",
    ALERT + "/similar",
    role=Role.VIEWER,
    query=SimilarQuerySchema,
    answer=SimilarAlertsSchema,
    errors=(404,),
)
def list_similar_alerts(alert_id: int, **query: Any) -> SimilarAlerts:
    """List the open alerts that tell the same fault on other hosts, newest first.

    Alerts of a rule of Prometheus have the same `alertname` and the same labels, but for those that name the host;
    others have the same message.
    """
    return services().alerts.alerts.similar(alert_id=alert_id, **query)


@alerts.operation(
    "GET",
    ALERT + "/earlier",
    role=Role.VIEWER,
    query=PageQuerySchema,
    answer=SimilarAlertsSchema,
    errors=(404,),
)
def list_earlier_alerts(alert_id: int, page: PageRequest) -> SimilarAlerts:
    """List the alerts that told the same fault on the same host before, newest first."""
    return services().alerts.alerts.earlier(page, alert_id)


@alerts.operation("GET", ALERT + "/raw", role=Role.VIEWER, answer=RawReportsSchema, errors=(404,))
def get_raw_reports(alert_id: int) -> dict[str, Any]:
    """Return what the source last sent of an alert, for each way it arrived: a pull and the webhook."""
    return {"items": services().alerts.alerts.raw_reports(alert_id)}


@alerts.operation(
    "GET",
    ALERT + "/events",
    role=Role.VIEWER,
    query=PageQuerySchema,
    answer=page_of(AlertEventSchema),
    errors=(404,),
)
def list_alert_events(alert_id: int, page: PageRequest) -> Page:
    """List the events of an alert, newest first."""
    return services().alerts.alerts.events(page, alert_id)
