"""Builds the services that notify people."""

from dataclasses import dataclass

from app.channels.sender import Sender
from app.channels.template_renderer import TemplateRenderer
from app.composition.ledger import Ledger
from app.composition.resources import Resources
from app.services.response.message_writer import MessageWriter
from app.services.response.notification_delivery import NotificationDelivery
from app.services.response.notification_previews import NotificationPreviews
from app.services.response.notifications import NotificationService
from app.services.response.notifier import Notifier


@dataclass(frozen=True)
class Response:
    """Notifications and their messages."""

    notifications: NotificationService
    previews: NotificationPreviews
    notifier: Notifier
    notification_delivery: NotificationDelivery


def build_response(resources: Resources, ledger: Ledger) -> Response:
    """Build the services that notify people."""
    database, vault, sender = resources.database, resources.vault, Sender()
    writer = MessageWriter(TemplateRenderer(), resources.settings.public_url)
    return Response(
        notifications=NotificationService(database, vault, sender, writer),
        previews=NotificationPreviews(database, writer),
        notifier=Notifier(database, ledger.outbox, resources.settings.history_days),
        notification_delivery=NotificationDelivery(database, vault, sender, writer),
    )
