"""Builds the services that page people."""

from dataclasses import dataclass

from app.channels.outgoing import ChannelSender
from app.composition.alerts import Alerts
from app.composition.ledger import Ledger
from app.composition.resources import Resources
from app.services.contacts.channel_health import record_outcome
from app.services.contacts.people import reachable
from app.services.oncall.on_call import people_of
from app.services.paging.escalations import EscalationService
from app.services.paging.page_claims import PageClaims
from app.services.paging.page_delivery import PageDelivery
from app.services.paging.page_failures import PageFailures
from app.services.paging.page_messages import PageMessages
from app.services.paging.page_retention import PageRetention
from app.services.paging.page_steps import PageSteps
from app.services.paging.page_turns import PageTurns
from app.services.paging.page_watch import PageWatch
from app.services.paging.pages import PageService
from app.services.paging.recipients import Recipients
from app.services.paging.why import WhyService


@dataclass(frozen=True)
class Paging:
    """Escalations, and the pages that follow them."""

    sender: ChannelSender
    escalations: EscalationService
    pages: PageService
    why: WhyService
    steps: PageSteps
    delivery: PageDelivery
    watch: PageWatch
    retention: PageRetention


def build_paging(resources: Resources, ledger: Ledger, alerts: Alerts, sender: ChannelSender) -> Paging:
    """Build the services that page people."""
    database, outbox = resources.database, ledger.outbox
    turns, failures = PageTurns(outbox), PageFailures(outbox)
    steps = PageSteps(database, outbox, Recipients(people_of, reachable), turns)
    claims = PageClaims(outbox, resources.vault, PageMessages(resources.settings.public_url), failures)
    return Paging(
        sender=sender,
        escalations=EscalationService(database),
        pages=PageService(database, outbox, turns, alerts.alert_actions),
        why=WhyService(database),
        steps=steps,
        delivery=PageDelivery(database, outbox, sender, claims, failures, turns, record_outcome),
        watch=PageWatch(database, outbox, steps, turns, failures),
        retention=PageRetention(database, resources.settings.history_days),
    )
