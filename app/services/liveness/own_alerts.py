"""Raises and ends alerts of nagare's own, in the transaction that notes what is missing."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from app import clock
from app.enums import ReportWay, Severity
from app.rules.alerts.alert_bounds import bounded
from app.rules.alerts.alert_reports import AlertReport
from app.rules.liveness.confirmations import OWN_SOURCE
from app.services.alerts.alert_intake import AlertIntake
from app.services.alerts.alert_sources import AlertSource
from app.store.inventory import monitors
from app.store.liveness import watches
from app.store.liveness.watches import Key


def note(connection: Connection, monitor_id: int, missing: Sequence[Key], found: Sequence[Key]) -> bool:
    """Note what is missing now and what no longer is; return false if another leader has already noted it.

    What keeps the monitor's alerts is locked until the transaction ends, so that only one of two leaders changes the
    alert.
    """
    monitors.lock(connection, AlertSource.of(connection, monitor_id).owner_id)
    now = clock.now()
    return watches.alarm(connection, missing, now) + watches.calm(connection, found) > 0


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
