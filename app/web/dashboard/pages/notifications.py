"""Notifications: list, add, test, enable, disable, delete."""

from flask import Response

from app.enums import Language, Role, Severity
from app.rules.task_params.notify import Notify
from app.web.context import services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import filters_of, read_form, read_query, requester
from app.web.dashboard.pages.monitors import monitor_names
from app.web.schemas.notifications import NewNotificationSchema, NotificationChangesSchema
from app.web.schemas.pages import PageQuerySchema

NOTIFICATION = "/notifications/<id:notification_id>"


@dashboard.page("/notifications", role=Role.VIEWER)
def notifications() -> str:
    """List the notifications."""
    query = read_query(PageQuerySchema)
    return render(
        "notifications",
        page=services().response.notifications.list(**query),
        filters=filters_of(query),
        monitors=monitor_names(),
        severities=list(Severity),
        languages=list(Language),
    )


@dashboard.action("/notifications", role=Role.ADMIN)
def add_notification() -> Response:
    """Add a notification."""
    made = services().response.notifications.create(read_form(NewNotificationSchema))
    return lead_to("/notifications", "flash.notification_added", name=made["name"])


@dashboard.action(NOTIFICATION + "/test", role=Role.OPERATOR)
def try_notification(notification_id: int) -> Response:
    """Queue a test message."""
    name = services().response.notifications.get(notification_id)["name"]
    services().ledger.submit.accept(requester(), Notify(notification_id=notification_id, test=True))
    return lead_to("/notifications", "flash.notification_tried", name=name)


@dashboard.action(NOTIFICATION, role=Role.ADMIN)
def edit_notification(notification_id: int) -> Response:
    """Enable or disable a notification."""
    changed = services().response.notifications.update(notification_id, read_form(NotificationChangesSchema))
    return lead_to("/notifications", "flash.saved", name=changed["name"])


@dashboard.action(NOTIFICATION + "/delete", role=Role.ADMIN)
def delete_notification(notification_id: int) -> Response:
    """Delete a notification."""
    name = services().response.notifications.get(notification_id)["name"]
    services().response.notifications.delete(notification_id)
    return lead_to("/notifications", "flash.deleted", name=name)
