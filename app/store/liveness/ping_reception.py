"""Statements on the time until which the API received pings."""

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from app.models import Heartbeat, PingReception
from app.store.database.dialects import table_of

RECEPTION = PingReception.__table__.c
ONLY = 1


def is_needed(connection: Connection) -> bool:
    """Return whether there is any heartbeat."""
    return connection.execute(select(Heartbeat.__table__.c.id).limit(1)).first() is not None


def received_until(connection: Connection) -> datetime | None:
    """Return until when pings were received for certain; None if that was never noted."""
    return connection.execute(select(RECEPTION.received_until)).scalar_one_or_none()


def lock(connection: Connection) -> datetime | None:
    """Return the same, locked until the transaction ends."""
    return connection.execute(select(RECEPTION.received_until).with_for_update()).scalar_one_or_none()


def note(connection: Connection, until: datetime, *, is_first: bool) -> None:
    """Record until when pings were received."""
    table = table_of(PingReception)
    connection.execute(
        insert(table).values(id=ONLY, received_until=until) if is_first else update(table).values(received_until=until)
    )
