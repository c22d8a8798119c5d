"""Notifications: which alert events are sent to which address."""

from collections.abc import Mapping
from typing import Any

from app.enums import Role, Scope
from app.rules.task_params.notify import Notify
from app.services.ledger.requester import Requester
from app.store.database.pages import Page, PageRequest
from app.web.api.accepted import accepted
from app.web.api_blueprint import CREATED_HEADERS, ApiBlueprint
from app.web.context import Row, current_editor, services
from app.web.schemas.notifications import (
    DefaultTemplatesListSchema,
    NewNotificationSchema,
    NotificationChangesSchema,
    NotificationSchema,
    NotificationTaskSchema,
    PreviewRequestSchema,
    PreviewSchema,
)
from app.web.schemas.pages import PageQuerySchema, page_of

notifications = ApiBlueprint(
    "notifications", __name__, description="Rules that send alert events to people", writes=Scope.SETTINGS
)

NOTIFICATION = "/notifications/<id:notification_id>"


@notifications.operation(
    "GET", "/notifications", role=Role.VIEWER, query=PageQuerySchema, answer=page_of(NotificationSchema)
)
def list_notifications(page: PageRequest) -> Page:
    """List the notifications."""
    return services().response.notifications.list(page)


@notifications.operation(
    "POST",
    "/notifications",
    role=Role.ADMIN,
    body=NewNotificationSchema,
    answer=NotificationSchema,
    status=201,
    errors=(409,),
    headers=CREATED_HEADERS,
)
def create_notification(body: Mapping[str, Any]) -> tuple[Row, dict[str, str]]:
    """Create a notification."""
    notification = services().response.notifications.create(body, current_editor())
    return notification, {"Location": f"/api/v1/notifications/{notification['id']}"}


@notifications.operation("GET", "/notifications/templates", role=Role.VIEWER, answer=DefaultTemplatesListSchema)
def list_default_templates() -> dict[str, Any]:
    """Return templates that write what the built-in text says, to start from."""
    return {"items": services().response.previews.defaults()}


@notifications.operation(
    "POST",
    "/notifications/preview",
    role=Role.ADMIN,
    body=PreviewRequestSchema,
    answer=PreviewSchema,
    errors=(404,),
)
def preview_notification(body: Mapping[str, Any]) -> Row:
    """Return the message that templates write about real alerts. Nothing is sent."""
    return services().response.previews.preview(**body)


@notifications.operation("GET", NOTIFICATION, role=Role.VIEWER, answer=NotificationSchema, errors=(404,))
def get_notification(notification_id: int) -> Row:
    """Return a notification."""
    return services().response.notifications.get(notification_id)


@notifications.operation(
    "PATCH", NOTIFICATION, role=Role.ADMIN, body=NotificationChangesSchema, answer=NotificationSchema, errors=(404, 409)
)
def update_notification(notification_id: int, body: Mapping[str, Any]) -> Row:
    """Change a notification. `null` removes a filter or the quiet hours."""
    return services().response.notifications.update(notification_id, body, current_editor())


@notifications.operation("DELETE", NOTIFICATION, role=Role.ADMIN, status=204, errors=(404, 409))
def delete_notification(notification_id: int) -> None:
    """Delete a notification. Its pending messages are not sent."""
    services().response.notifications.delete(notification_id, current_editor())


@notifications.submission(NOTIFICATION + "/test", answer=NotificationTaskSchema)
def test_notification(by: Requester, notification_id: int) -> tuple[dict[str, Any], dict[str, str]]:
    """Queue a test message. It ignores batching and quiet hours."""
    task_id = services().ledger.submit.accept(by, Notify(notification_id=notification_id, test=True))
    return accepted("Test message task queued", task_id, notification_id=notification_id)
