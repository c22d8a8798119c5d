"""Raises and ends alerts of nagare's own, in the transaction that notes their cause."""

from collections.abc import Mapping

from sqlalchemy import Connection

from app import clock
from app.enums import ReportWay, Severity
from app.rules.alerts.alert_bounds import bounded
from app.rules.alerts.alert_reports import AlertReport
from app.rules.alerts.own_messages import OWN_SOURCE
from app.services.alerts.alert_intake import AlertIntake


def fire(
    intake: AlertIntake,
    connection: Connection,
    monitor_id: int,
    external_id: str,
    message: str,
    description: str,
    labels: Mapping[str, str],
) -> None:
    """Raise or update an alert of nagare's own about a monitor."""
    report = AlertReport(
        OWN_SOURCE,
        external_id,
        is_firing=True,
        message=message,
        description=description,
        severity=Severity.CRITICAL,
        labels=labels,
    )
    intake.take_in(connection, monitor_id, [bounded(report)], clock.now(), way=ReportWay.OWN)


def end(intake: AlertIntake, connection: Connection, monitor_id: int, external_id: str) -> None:
    """Resolve an alert of nagare's own."""
    report = AlertReport(OWN_SOURCE, external_id, is_firing=False, message="")
    intake.take_in(connection, monitor_id, [bounded(report)], clock.now(), way=ReportWay.OWN)
