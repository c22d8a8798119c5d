"""Builds the services that notify people."""

from dataclasses import dataclass

from app.channels.sender import Sender
from app.channels.template_renderer import TemplateRenderer
from app.composition.contacts import Contacts
from app.composition.ledger import Ledger
from app.composition.paging import RECIPIENTS
from app.composition.resources import Resources
from app.services.paging.page_plans import plan_for
from app.services.response.decision_settling import DecisionSettling
from app.services.response.event_matching import EventMatching
from app.services.response.message_writer import MessageWriter
from app.services.response.notification_delivery import NotificationDelivery
from app.services.response.notification_previews import NotificationPreviews
from app.services.response.notifications import NotificationService
from app.services.response.notifier import Notifier
from app.services.response.pager import Pager
from app.services.response.route_addresses import RouteAddresses
from app.services.response.route_fields import RouteFields
from app.services.response.route_matches import RouteMatches
from app.services.response.route_reach import RouteReach
from app.services.response.route_trials import RouteTrials
from app.services.response.routes import RouteService


@dataclass(frozen=True)
class Response:
    """Notifications and their messages."""

    notifications: NotificationService
    routes: RouteService
    route_trials: RouteTrials
    route_matches: RouteMatches
    previews: NotificationPreviews
    notifier: Notifier
    decision_settling: DecisionSettling
    notification_delivery: NotificationDelivery


def build_response(resources: Resources, ledger: Ledger, contacts: Contacts, pager: Pager) -> Response:
    """Build the services that notify people."""
    database, vault, sender = resources.database, resources.vault, Sender()
    writer = MessageWriter(TemplateRenderer(), resources.settings.public_url)
    fields = RouteFields(sender, writer)
    return Response(
        notifications=NotificationService(database, fields, RouteAddresses(vault)),
        routes=RouteService(database, vault, fields),
        route_trials=RouteTrials(database, RouteReach(plan_for, RECIPIENTS.find)),
        route_matches=RouteMatches(database),
        previews=NotificationPreviews(database, writer),
        notifier=Notifier(database, ledger.outbox, EventMatching(pager), resources.settings.history_days),
        decision_settling=DecisionSettling(database),
        notification_delivery=NotificationDelivery(database, vault, contacts.sender, writer),
    )
