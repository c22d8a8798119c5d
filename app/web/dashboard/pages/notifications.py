"""Notifications: list, add, edit, preview, test, enable, disable, delete."""

from collections.abc import Mapping
from typing import Any

from flask import Response

from app.enums import ChannelKind, Language, NotificationKind, Role, Severity
from app.errors import Invalid
from app.rules.task_params.notify import Notify
from app.store.database.pages import PageRequest
from app.web.context import current_editor, services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import filters_of, read_form, read_query, requester
from app.web.dashboard.pages.monitors import monitor_names
from app.web.dashboard.refused_forms import trial
from app.web.dashboard.translation import translate, translated_message
from app.web.dashboard.visitor_settings import zone
from app.web.schemas.notifications import NewNotificationSchema, NotificationChangesSchema, PreviewRequestSchema
from app.web.schemas.pages import PageQuerySchema

PREVIEWED = 10
"""How many of the newest alerts a preview offers."""
MAX_SHOWN = 60
NOTIFICATION = "/notifications/<id:notification_id>"


@dashboard.page("/notifications", role=Role.VIEWER)
def notifications() -> str:
    """List the notifications."""
    query = read_query(PageQuerySchema)
    return render(
        "notifications",
        page=services().response.notifications.list(**query),
        filters=filters_of(query),
        **_choices(),
    )


@dashboard.page(NOTIFICATION, role=Role.ADMIN)
def notification(notification_id: int) -> str:
    """Show a notification's form, with a preview of its messages."""
    return render("notification", rule=services().response.notifications.get(notification_id), **_choices())


@dashboard.action("/notifications/preview", role=Role.ADMIN)
def preview_notification() -> str:
    """Show the message that the templates in a form write, or what is wrong with them."""
    try:
        given = read_form(PreviewRequestSchema)
        return render("notification_preview", shown=services().response.previews.preview(**given))
    except Invalid as wrong:
        return render("notification_preview", problem={"field": wrong.field, "reason": str(wrong)})


@dashboard.action("/notifications", role=Role.ADMIN)
def add_notification() -> Response:
    """Add a notification."""
    made = services().response.notifications.create(read_form(NewNotificationSchema), current_editor())
    return lead_to("/notifications", "flash.notification_added", name=made["name"])


@dashboard.action("/notifications/try", role=Role.ADMIN)
def try_new_notification() -> str:
    """Send a test message to an address that is not saved."""
    given = read_form(NotificationChangesSchema)
    address: dict[str, Any] = {
        "kind": ChannelKind.APPRISE,
        "language": Language.ENGLISH,
        "name": translate("notifications.unnamed"),
    }
    about: dict[str, Any] = {name: given[name] for name in ("url", "language", "name") if name in given}
    delivery = services().contacts.address_trials.try_new({**address, **about})
    return trial("/notifications", render("channel_trial", delivery=delivery))


@dashboard.action(NOTIFICATION + "/test", role=Role.OPERATOR)
def try_notification(notification_id: int) -> Response:
    """Queue a test message."""
    name = services().response.notifications.get(notification_id)["name"]
    services().ledger.submit.accept(requester(), Notify(notification_id=notification_id, test=True))
    return lead_to("/notifications", "flash.notification_tried", name=name)


@dashboard.action(NOTIFICATION, role=Role.ADMIN)
def edit_notification(notification_id: int) -> Response:
    """Change, enable or disable a notification."""
    changes = read_form(NotificationChangesSchema)
    changed = services().response.notifications.update(notification_id, changes, current_editor())
    return lead_to("/notifications", "flash.saved", name=changed["name"])


@dashboard.action(NOTIFICATION + "/delete", role=Role.ADMIN)
def delete_notification(notification_id: int) -> Response:
    """Delete a notification."""
    name = services().response.notifications.get(notification_id)["name"]
    services().response.notifications.delete(notification_id, current_editor())
    return lead_to("/notifications", "flash.deleted", name=name)


def _choices() -> Mapping[str, Any]:
    """Return what a form of a notification offers."""
    newest = services().alerts.alerts.list(PageRequest(limit=PREVIEWED)).items
    return {
        "monitors": monitor_names(),
        "severities": list(Severity),
        "languages": list(Language),
        "kinds": list(NotificationKind),
        "zone": zone(),
        "default_templates": services().response.previews.defaults(),
        "previewed": [(alert["id"], f"#{alert['id']} {translated_message(alert)[:MAX_SHOWN]}") for alert in newest],
    }
