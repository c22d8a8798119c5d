"""Statements on the alerts whose absence is the alarm."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, select

from app.enums import OPEN_STATUSES
from app.models import AlertLabel, LabelPair
from app.rules.liveness.confirmations import OWN_SOURCE
from app.store.alerts.alerts import ALERTS
from app.store.database.index_hints import unindexed
from app.store.selection.alert_filters import IS_LISTED

PAIRS = LabelPair.__table__.c
LABELS = AlertLabel.__table__.c
NAME = "alertname"
MAX_FOUND = 1000
COLUMNS = (
    *(ALERTS.id, ALERTS.source, ALERTS.status, ALERTS.resolution, ALERTS.pulled_at, ALERTS.last_seen_at),
    *(ALERTS.resolved_at, ALERTS.occurrence),
)


def named(connection: Connection, monitor_id: int, name: str) -> Sequence[RowMapping]:
    """Return a monitor's latest alerts whose label is this name or, if there are none, open ones with this message."""
    labelled = (
        select(LABELS.alert_id)
        .join(LabelPair, PAIRS.id == LABELS.pair_id)
        .where(PAIRS.name == NAME, PAIRS.value == name)
        .order_by(LABELS.alert_id.desc())
        .limit(MAX_FOUND)
    )
    # Looked up by id: an index of the monitor would read all its alerts.
    of_monitor = (unindexed(ALERTS.monitor_id) == monitor_id, ALERTS.source != OWN_SOURCE)
    statement = select(*COLUMNS).where(ALERTS.id.in_(labelled.scalar_subquery()), *of_monitor)
    found = connection.execute(statement.order_by(ALERTS.id.desc())).mappings().all()
    return found or _with_message(connection, monitor_id, name)


def _with_message(connection: Connection, monitor_id: int, name: str) -> Sequence[RowMapping]:
    is_open = (IS_LISTED, ALERTS.monitor_id == monitor_id, ALERTS.status.in_(OPEN_STATUSES))
    statement = select(*COLUMNS).where(*is_open, ALERTS.message == name, ALERTS.source != OWN_SOURCE)
    # Without an order: in that of the ids, an index without the status would read all alerts of the monitor.
    return connection.execute(statement.limit(MAX_FOUND)).mappings().all()
