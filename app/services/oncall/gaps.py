"""Raises an alert about each rota in which nobody will be on call soon, and resolves it when there is no gap."""

from collections.abc import Iterator

from app import clock
from app.rules.oncall.gap_alerts import LOOKED_AT, PREFIX, GapAlert, gap_alert
from app.rules.oncall.shifts import gaps
from app.rules.oncall.spans import Span
from app.services import own_alerts
from app.services.alerts.alert_intake import AlertIntake
from app.services.oncall.on_call import Plan, plan_of
from app.services.own_alerts import OwnAlert
from app.services.periodic import Interval
from app.store.database.engine import Database
from app.store.oncall import rotas

LOOK_EVERY_S = 3600.0


class RotaGaps:
    """One alert for each rota, about its first gap. Raises DatabaseUnavailable."""

    def __init__(self, database: Database, intake: AlertIntake) -> None:
        self._database = database
        self._intake = intake
        self._looking = Interval(LOOK_EVERY_S)

    def tick(self) -> None:
        """Look for gaps once an hour. Two leaders that look at once do the same, which does no harm."""
        if not self._looking.is_over():
            return
        now = clock.now()
        looked_at = Span(now, now + LOOKED_AT)
        with self._database.reading() as connection:
            plans = [plan_of(connection, row, looked_at) for row in rotas.plans(connection)]
            told = own_alerts.standing(connection, PREFIX)
        alerts = {alert.external_id: alert for alert in _alerts(plans, looked_at)}
        news = {
            external_id: OwnAlert(alert.message, alert.description, alert.labels)
            for external_id, alert in alerts.items()
            if told.get(external_id) != alert.message
        }
        own_alerts.follow(self._database, self._intake, news, told.keys() - alerts.keys())


def _alerts(plans: list[Plan], looked_at: Span) -> Iterator[GapAlert]:
    for plan in plans:
        found = gaps(plan.rota, plan.enabled, looked_at)
        alert = gap_alert(plan.rota_id, plan.name, plan.rota.zone, found, plan.usernames, looked_at)
        if alert is not None:
            yield alert
