"""The alerts that a bulk action is about."""

from sqlalchemy import ColumnElement, Connection, func, select

from app.store.database.dialects import is_listed
from app.store.selection.alert_candidates import COUNTED, best_lead
from app.store.selection.alert_filters import ALERTS, COLUMNS, AlertFilter, conditions


def wanted_ids(connection: Connection, wanted: AlertFilter, limit: int) -> list[int]:
    """Return the ids of up to `limit` alerts that a filter wants."""
    statement = select(ALERTS.id).where(*narrowed(connection, wanted))
    return list(connection.execute(statement.order_by(ALERTS.id).limit(limit)).scalars())


def count(connection: Connection, wanted: AlertFilter, limit: int) -> int:
    """Return how many alerts a filter wants, up to `limit`."""
    some = select(ALERTS.id).where(*narrowed(connection, wanted)).limit(limit).subquery()
    return int(connection.execute(select(func.count()).select_from(some)).scalar_one())


def narrowed(connection: Connection, wanted: AlertFilter) -> list[ColumnElement[bool]]:
    """Return the conditions of a filter, with the ids of the alerts that its best index leaves, if they are few."""
    lead = best_lead(connection, wanted)
    if lead is None or lead.size >= COUNTED:
        first = next((name for name in ("suppressed", *COLUMNS) if getattr(wanted, name)), "")
        return conditions(connection, wanted, [first])
    ids = [row[0] for stream in lead.streams for row in connection.execute(stream)]
    return [is_listed(connection, ALERTS.id, ",".join(map(str, ids))), *conditions(connection, wanted)]
