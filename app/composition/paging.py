"""Builds the services that page people."""

from dataclasses import dataclass

from app.channels.outgoing import ChannelSender
from app.composition.alerts import Alerts
from app.composition.contacts import Contacts
from app.composition.ledger import Ledger
from app.composition.machines import Machines
from app.composition.resources import Resources
from app.services.alerts.alert_intake import AlertIntake
from app.services.contacts.channel_health import record_outcome
from app.services.contacts.people import reachable
from app.services.oncall.on_call import people_of
from app.services.paging.chat_clicks import ChatClicks
from app.services.paging.escalations import EscalationService
from app.services.paging.page_claims import PageClaims
from app.services.paging.page_delivery import PageDelivery
from app.services.paging.page_failures import PageFailures
from app.services.paging.page_messages import PageMessages
from app.services.paging.page_retention import PageRetention
from app.services.paging.page_steps import PageSteps
from app.services.paging.page_turns import PageTurns
from app.services.paging.page_watch import PageWatch
from app.services.paging.pager import Pager
from app.services.paging.pages import PageService
from app.services.paging.recipients import Recipients
from app.services.paging.trial_alerts import TrialAlerts
from app.services.paging.why import WhyService

RECIPIENTS = Recipients(people_of, reachable)


@dataclass(frozen=True)
class Paging:
    """Escalations, and the pages that follow them."""

    sender: ChannelSender
    escalations: EscalationService
    pages: PageService
    chat_clicks: ChatClicks
    why: WhyService
    steps: PageSteps
    delivery: PageDelivery
    watch: PageWatch
    retention: PageRetention
    trial_alerts: TrialAlerts


def build_pager(resources: Resources, ledger: Ledger) -> Pager:
    """Build what opens pages for the routes that take alerts."""
    return Pager(resources.database, ledger.outbox, RECIPIENTS)


def build_paging(
    resources: Resources, ledger: Ledger, machines: Machines, alerts: Alerts, contacts: Contacts
) -> Paging:
    """Build the services that page people."""
    database, outbox = resources.database, ledger.outbox
    turns, failures = PageTurns(outbox), PageFailures(outbox)
    steps = PageSteps(database, outbox, RECIPIENTS, turns)
    claims = PageClaims(outbox, resources.vault, PageMessages(resources.settings.public_url), failures)
    pages = PageService(database, outbox, turns, alerts.alert_actions)
    return Paging(
        sender=contacts.sender,
        escalations=EscalationService(database),
        pages=pages,
        chat_clicks=ChatClicks(database, resources.vault, pages, contacts.chat_answers),
        why=WhyService(database),
        steps=steps,
        delivery=PageDelivery(database, outbox, contacts.sender, claims, failures, turns, record_outcome),
        watch=PageWatch(database, outbox, steps, turns, failures),
        retention=PageRetention(database, resources.settings.history_days),
        trial_alerts=TrialAlerts(database, AlertIntake(machines.witnesses)),
    )
