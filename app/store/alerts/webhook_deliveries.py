"""Statements on webhook deliveries that wait to be taken in."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select

from app.models import AlertDelivery, Monitor
from app.store.database.dialects import table_of

Delivery = Row[Any, Any, Any]
"""The id, the time it was received, and the reports."""

DELIVERIES = AlertDelivery.__table__.c
MONITORS = Monitor.__table__.c
ADD = insert(table_of(AlertDelivery))
OLDEST = (
    select(DELIVERIES.id, DELIVERIES.received_at, DELIVERIES.reports)
    .where(DELIVERIES.monitor_id == bindparam("monitor"))
    .order_by(DELIVERIES.id)
)
READ_BATCH_SIZE = 20
IS_THERE_ANY = select(DELIVERIES.id).where(DELIVERIES.monitor_id == bindparam("monitor")).limit(1)


def add(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add deliveries, in this order."""
    if rows:
        connection.execute(ADD, rows)


def oldest(connection: Connection, monitor_id: int, reports: int, within: timedelta) -> Sequence[Delivery]:
    """Return a monitor's oldest deliveries, up to `reports` reports, that were received `within` this time.

    The first is returned however many reports it has. Reads no more rows than needed: they may be long.
    """
    found: list[Delivery] = []
    count = 0
    with connection.execute(OLDEST, {"monitor": monitor_id}, execution_options={"yield_per": READ_BATCH_SIZE}) as rows:
        for row in rows:
            count += len(row.reports)
            if found and (count > reports or row.received_at - found[0].received_at > within):
                break
            found.append(row)
    return found


def is_there_any(connection: Connection, monitor_id: int) -> bool:
    """Return whether a delivery of a monitor waits."""
    return connection.execute(IS_THERE_ANY, {"monitor": monitor_id}).first() is not None


def remove(connection: Connection, delivery_ids: Sequence[int]) -> None:
    """Delete deliveries."""
    connection.execute(delete(AlertDelivery).where(DELIVERIES.id.in_(delivery_ids)))


WAITING = select(DELIVERIES.id)


def monitors_that_wait(connection: Connection, received_before: datetime) -> Sequence[int]:
    """Return the monitors whose oldest delivery is older than a time; reads one row per monitor."""
    oldest_at = (
        select(DELIVERIES.received_at)
        .where(DELIVERIES.monitor_id == MONITORS.id)
        .order_by(DELIVERIES.id)
        .limit(1)
        .correlate(table_of(Monitor))
        .scalar_subquery()
    )
    return connection.execute(select(MONITORS.id).where(oldest_at < received_before)).scalars().all()
