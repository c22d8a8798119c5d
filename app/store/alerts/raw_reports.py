"""Statements on the reports of alerts as their sources sent them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from app.models import RawReport
from app.store.database.dialects import dialect_insert

RAW = RawReport.__table__.c


def kept(connection: Connection, alert_ids: Sequence[int], way: str) -> set[int]:
    """Return those of these alerts whose last report that arrived this way is kept."""
    return set(connection.execute(select(RAW.alert_id).where(RAW.alert_id.in_(alert_ids), RAW.way == way)).scalars())


def write(connection: Connection, bodies: Mapping[int, Any], way: str, received_at: datetime) -> None:
    """Keep the last reports of alerts, by alert id, in place of earlier ones that arrived the same way."""
    if not bodies:
        return
    insert = dialect_insert(connection, RawReport)
    newest = {"received_at": insert.excluded.received_at, "body": insert.excluded.body}
    statement = insert.on_conflict_do_update(index_elements=["alert_id", "way"], set_=newest)
    rows = [
        {"alert_id": alert_id, "way": way, "received_at": received_at, "body": body}
        for alert_id, body in sorted(bodies.items())
    ]
    connection.execute(statement, rows)


def fetch(connection: Connection, alert_id: int) -> Sequence[RowMapping]:
    """Return the last report of an alert for each way, the newest first."""
    statement = select(RAW.way, RAW.received_at, RAW.body).where(RAW.alert_id == alert_id)
    return connection.execute(statement.order_by(RAW.received_at.desc(), RAW.way)).mappings().all()
