"""The webhook to which monitors send alerts, and the tokens that identify them."""

from http import HTTPStatus
from typing import Any

from flask import Response, g, request

from app.enums import Role, Scope
from app.errors import AllAlertsRefused
from app.rules.webhooks.posted import Posted
from app.services.alerts.webhooks import Receipt
from app.web.access import PUBLIC
from app.web.api.accepted import task_headers
from app.web.api_blueprint import TASK_HEADERS, ApiBlueprint
from app.web.context import services
from app.web.problems import MAX_POST_BYTES
from app.web.schemas.monitors import WebhookTokenSchema
from app.web.schemas.webhooks import ReceiptSchema, WebhookSchema
from app.web.webhook_tokens import CHALLENGES, posted_token

webhooks = ApiBlueprint("webhooks", __name__, description="Alerts that monitors send to nagare", writes=Scope.SETTINGS)

POST = "/alerts/webhook"
SHOWN = 100
"""How many refused alerts a response names."""


@webhooks.operation(
    "POST",
    POST,
    role=PUBLIC,
    security=("webhook", "webhook_password"),
    body=WebhookSchema,
    answer=ReceiptSchema,
    status=202,
    errors=(401, 409, 429),
    headers=TASK_HEADERS,
    is_keyed=True,
)
def receive_alerts(body: Posted, idempotency_key: str | None = None) -> tuple[dict[str, Any], dict[str, str]]:
    """Accept firing and resolved alerts from a monitor, identified by its webhook token.

    An alert of a group that cannot be read is refused alone and kept as a dead letter. If all are refused, the response
    is 422. A request that would exceed the monitor's limit of alerts per minute is rejected as a whole, with 429. A
    monitor of type `webhook` that has a field mapping accepts any JSON.
    """
    receipt = services().alerts.webhooks.accept(posted_token(), body, idempotency_key)
    if receipt.refused and not receipt.count:
        raise _all_refused(receipt)
    answer = {
        "message": _message(body, receipt),
        "task_id": receipt.task_id,
        "count": receipt.count,
        "refused": receipt.refused[:SHOWN],
        "refused_count": len(receipt.refused),
        "truncated": receipt.truncated,
    }
    return answer, task_headers(receipt.task_id) if receipt.task_id else {}


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


def _message(posted: Posted, receipt: Receipt) -> str:
    if posted.is_test:
        return "Test received"
    return "Alerts recorded" if receipt.count else "No alerts to record"


def _all_refused(receipt: Receipt) -> AllAlertsRefused:
    tasks = dict.fromkeys(alert.task_id for alert in receipt.refused if alert.task_id)
    reasons = {alert.place: alert.reason for alert in receipt.refused[:SHOWN]}
    return AllAlertsRefused(reasons, len(receipt.refused), [*tasks][:SHOWN])


def _is_webhook() -> bool:
    return request.endpoint == f"{webhooks.name}.{receive_alerts.__name__}"


def _admit() -> None:
    """Authenticate the monitor before anything of the body is read."""
    if _is_webhook():
        g.field_mapping = services().alerts.webhooks.identify(posted_token())
        request.max_content_length = MAX_POST_BYTES


def _challenge(response: Response) -> Response:
    """Name basic authentication too: some clients send a password only after they are asked for it."""
    if _is_webhook() and response.status_code == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = CHALLENGES
    return response


webhooks.before_request(_admit)
webhooks.after_request(_challenge)
