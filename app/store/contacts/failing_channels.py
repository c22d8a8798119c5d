"""Statements on channels that fail, and on the alerts about them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, or_, select

from app.models import Alert, Channel, Monitor, User
from app.store.database.dialects import table_of

CHANNELS = Channel.__table__.c
USERS = User.__table__.c
ALERTS = Alert.__table__.c
MONITORS = Monitor.__table__.c


def since(connection: Connection, before: datetime) -> Sequence[RowMapping]:
    """Return the channels in use that have failed since before a time, each with the name of its owner."""
    columns = (CHANNELS.id, CHANNELS.name, CHANNELS.failing_since, CHANNELS.last_error, USERS.username)
    statement = select(*columns).outerjoin_from(table_of(Channel), table_of(User), USERS.id == CHANNELS.user_id)
    # Nobody relies on a channel whose owner has not typed the code yet.
    is_used = or_(CHANNELS.user_id.is_(None), CHANNELS.verified_at.is_not(None))
    failing = statement.where(CHANNELS.failing_since <= before, CHANNELS.enabled, is_used)
    return connection.execute(failing.order_by(CHANNELS.id)).mappings().all()
