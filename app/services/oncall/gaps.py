"""Raises an alert about each rota in which nobody will be on call soon, and resolves it when there is no gap."""

from collections.abc import Iterator, Mapping

from app import clock
from app.rules.alerts.own_messages import OWN_SOURCE
from app.rules.oncall.gap_alerts import LOOKED_AT, PREFIX, GapAlert, gap_alert
from app.rules.oncall.shifts import gaps
from app.rules.oncall.spans import Span
from app.services import own_alerts
from app.services.alerts.alert_intake import AlertIntake
from app.services.alerts.own_monitor import own_monitor_id
from app.services.oncall.on_call import Plan, plan_of
from app.services.periodic import Interval
from app.store.alerts import alert_intake
from app.store.database.engine import Database
from app.store.inventory import monitors
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
            monitor_id = monitors.find_id(connection, OWN_SOURCE)
            told = alert_intake.open_messages(connection, monitor_id, OWN_SOURCE, PREFIX) if monitor_id else {}
        self._tell({alert.external_id: alert for alert in _alerts(plans, looked_at)}, told)

    def _tell(self, alerts: Mapping[str, GapAlert], told: Mapping[str, str]) -> None:
        news = [alert for alert in alerts.values() if told.get(alert.external_id) != alert.message]
        ended = sorted(told.keys() - alerts.keys())
        if not news and not ended:
            return
        with self._database.transaction() as connection:
            monitor_id = own_monitor_id(connection)
            for alert in news:
                own_alerts.fire(
                    self._intake,
                    connection,
                    monitor_id,
                    alert.external_id,
                    alert.message,
                    alert.description,
                    alert.labels,
                )
            for external_id in ended:
                own_alerts.end(self._intake, connection, monitor_id, external_id)


def _alerts(plans: list[Plan], looked_at: Span) -> Iterator[GapAlert]:
    for plan in plans:
        found = gaps(plan.rota, plan.enabled, looked_at)
        alert = gap_alert(plan.rota_id, plan.name, plan.rota.zone, found, plan.usernames, looked_at)
        if alert is not None:
            yield alert
