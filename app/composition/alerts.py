"""Builds the services of alerts."""

from dataclasses import dataclass

from app.composition.inventory import Inventory
from app.composition.ledger import Ledger
from app.composition.machines import Machines
from app.composition.resources import Resources
from app.services.alerts.alert_actions import AlertActions
from app.services.alerts.alert_event_relay import AlertEventRelay
from app.services.alerts.alert_intake import AlertIntake
from app.services.alerts.alert_pulls import AlertPullService
from app.services.alerts.alerts import AlertService
from app.services.alerts.refused_alerts import RefusedAlerts
from app.services.alerts.scores import ScoreService
from app.services.alerts.severities import SeverityService
from app.services.alerts.suppression import Suppression
from app.services.alerts.webhook_intake import WebhookIntake
from app.services.alerts.webhook_quotas import WebhookQuotas
from app.services.alerts.webhooks import WebhookService
from app.services.scores.score_causes import ScoreCauses
from app.services.scores.score_changes import ScoreChanges


@dataclass(frozen=True)
class Alerts:
    """Alert intake, actions, suppression and the health score."""

    alerts: AlertService
    alert_actions: AlertActions
    alert_pulls: AlertPullService
    alert_event_relay: AlertEventRelay
    webhooks: WebhookService
    webhook_intake: WebhookIntake
    refused_alerts: RefusedAlerts
    suppression: Suppression
    scores: ScoreService
    score_causes: ScoreCauses
    score_changes: ScoreChanges
    severities: SeverityService


def build_alerts(resources: Resources, ledger: Ledger, inventory: Inventory, machines: Machines) -> Alerts:
    """Build the services of alerts."""
    settings, database, outbox = resources.settings, resources.database, ledger.outbox
    intake = AlertIntake(machines.witnesses)
    refused_alerts = RefusedAlerts(database, outbox, intake)
    return Alerts(
        alerts=AlertService(database, window_h=settings.score_window_h),
        alert_actions=AlertActions(database, outbox, machines.witnesses),
        alert_pulls=AlertPullService(database, inventory.monitor_connections, intake),
        alert_event_relay=AlertEventRelay(database, resources.queue.events),
        webhooks=WebhookService(database, outbox, WebhookQuotas(settings.webhook_alerts_per_minute), refused_alerts),
        webhook_intake=WebhookIntake(database, outbox, intake),
        refused_alerts=refused_alerts,
        suppression=Suppression(database),
        scores=ScoreService(database, window_h=settings.score_window_h, history_days=settings.history_days),
        score_causes=ScoreCauses(database, window_h=settings.score_window_h),
        score_changes=ScoreChanges(database),
        severities=SeverityService(database),
    )
