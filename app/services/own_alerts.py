"""Raises and ends alerts of nagare's own, in the transaction that notes their cause."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import Connection

from app import clock
from app.enums import ReportWay, Severity
from app.rules.alerts.alert_bounds import bounded
from app.rules.alerts.alert_reports import AlertReport
from app.rules.alerts.own_messages import OWN_SOURCE
from app.services.alerts.alert_intake import AlertIntake
from app.services.alerts.own_monitor import own_monitor_id
from app.store.alerts import alert_intake
from app.store.database.engine import Database
from app.store.inventory import monitors


class OwnAlert(NamedTuple):
    """What an alert of nagare's own says."""

    message: str
    description: str
    labels: Mapping[str, str]


def standing(connection: Connection, prefix: str) -> dict[str, str]:
    """Return the messages of the open alerts of nagare's own monitor whose external ids begin like this, by these."""
    monitor_id = monitors.find_id(connection, OWN_SOURCE)
    return {} if monitor_id is None else alert_intake.open_messages(connection, monitor_id, OWN_SOURCE, prefix)


def follow(database: Database, intake: AlertIntake, begun: Mapping[str, OwnAlert], ended: Iterable[str]) -> None:
    """Raise, change and resolve alerts of nagare's own monitor, by their external ids, in one transaction."""
    over = sorted(ended)
    if not begun and not over:
        return
    with database.transaction() as connection:
        monitor_id = own_monitor_id(connection)
        for external_id in sorted(begun):
            fire(intake, connection, monitor_id, external_id, *begun[external_id])
        for external_id in over:
            end(intake, connection, monitor_id, external_id)


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
