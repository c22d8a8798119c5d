"""Statements that derive the severities of open alerts anew."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select, update

from app.enums import AlertStatus, Severity
from app.models import Alert
from app.store.alerts.alerts import ALERTS, IS_LISTED
from app.store.database.dialects import table_of

DERIVED = (ALERTS.id, ALERTS.severity, ALERTS.source_severity, ALERTS.host_id, ALERTS.item_id)


def some(
    connection: Connection, monitor_id: int, status: AlertStatus, after: int, limit: int
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return up to `limit` alerts of a monitor after `after`, in order, and lock them as `alerts.lock` does."""
    wanted = (IS_LISTED, ALERTS.monitor_id == monitor_id, ALERTS.status == status, ALERTS.id > after)
    statement = select(*DERIVED).where(*wanted).order_by(ALERTS.id).limit(limit).with_for_update(key_share=True)
    return connection.execute(statement).all()


def change(connection: Connection, alert_ids: Sequence[int], severity: Severity) -> None:
    """Set the severity of alerts."""
    connection.execute(update(table_of(Alert)).where(ALERTS.id.in_(alert_ids)).values(severity=severity))
