"""Fires alerts that only test whom the routes reach: they take the way of every other alert."""

from collections.abc import Mapping

from uuid_utils import uuid7

from app import clock
from app.enums import ReportWay, Severity
from app.rules.alerts.alert_bounds import bounded
from app.rules.alerts.alert_reports import AlertReport
from app.rules.alerts.own_messages import OWN_SOURCE
from app.services.access.audit import Editor
from app.services.alerts.alert_intake import AlertIntake
from app.services.alerts.own_monitor import own_monitor_id
from app.store.alerts import alert_intake
from app.store.database.engine import Database

MESSAGE = "Test alert by {name}"
DESCRIPTION = "Somebody tests who is told. Acknowledge it, then resolve it."


class TrialAlerts:
    """Raises DatabaseUnavailable."""

    def __init__(self, database: Database, intake: AlertIntake) -> None:
        self._database = database
        self._intake = intake

    def fire(
        self,
        by: Editor,
        *,
        labels: Mapping[str, str] | None = None,
        severity: Severity = Severity.CRITICAL,
        host: str | None = None,
    ) -> int:
        """Fire an alert with these labels of nagare's own, and return its id; it is open until a person resolves it."""
        report = AlertReport(
            OWN_SOURCE,
            f"test:{uuid7()}",
            is_firing=True,
            message=MESSAGE.format(name=by.username),
            description=DESCRIPTION,
            severity=severity,
            labels=labels or {},
            host_name=host,
        )
        with self._database.transaction() as connection:
            monitor_id = own_monitor_id(connection)
            self._intake.take_in(connection, monitor_id, [bounded(report)], clock.now(), way=ReportWay.OWN)
            [alert] = alert_intake.latest(connection, monitor_id, OWN_SOURCE, [report.external_id])
        return int(alert["id"])
