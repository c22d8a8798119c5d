"""The webhook to which monitors send alerts, and the tokens that identify them."""

from collections.abc import Sequence
from typing import Any

from flask import request

from app.enums import Role, Scope
from app.rules.alert_reports import AlertReport
from app.web.access import PUBLIC
from app.web.api.accepted import accepted
from app.web.api_blueprint import TASK_HEADERS, ApiBlueprint
from app.web.context import services
from app.web.problems import MAX_POST_BYTES
from app.web.schemas.monitors import WebhookTokenSchema
from app.web.schemas.tasks import AlertTaskSchema
from app.web.schemas.webhooks import WebhookSchema

webhooks = ApiBlueprint("webhooks", __name__, description="Alerts that monitors send to nagare", writes=Scope.SETTINGS)

POST = "/alerts/webhook"


@webhooks.operation(
    "POST",
    POST,
    role=PUBLIC,
    security="webhook",
    body=WebhookSchema,
    answer=AlertTaskSchema,
    status=202,
    errors=(401, 409, 429),
    headers=TASK_HEADERS,
    is_keyed=True,
)
def receive_alerts(
    body: Sequence[AlertReport], idempotency_key: str | None = None
) -> tuple[dict[str, Any], dict[str, str]]:
    """Accept firing and resolved alerts from a monitor, identified by its webhook token.

    A request that would exceed the monitor's limit of alerts per minute is rejected as a whole, with 429.
    """
    task_id = services().alerts.webhooks.accept(_token(), body, idempotency_key)
    return accepted("Alerts recorded", task_id, count=len(body))


@webhooks.operation(
    "POST",
    "/monitors/<id:monitor_id>/webhook-token",
    role=Role.ADMIN,
    answer=WebhookTokenSchema,
    status=201,
    errors=(404,),
)
def issue_webhook_token(monitor_id: int) -> dict[str, str]:
    """Create a webhook token for a monitor. It is shown only in this response, and the previous one stops working."""
    return {"token": services().alerts.webhooks.issue_token(monitor_id)}


def _admit() -> None:
    """Authenticate the monitor before anything of the body is read."""
    if request.endpoint == f"{webhooks.name}.{receive_alerts.__name__}":
        services().alerts.webhooks.identify(_token())
        request.max_content_length = MAX_POST_BYTES


def _token() -> str:
    authorization = request.authorization
    is_bearer = authorization is not None and authorization.type == "bearer"
    return (authorization.token if authorization and is_bearer else None) or ""


webhooks.before_request(_admit)
