"""Statements on channels that fail, and on the alerts about them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, or_, select, text

from app.enums import OPEN_STATUSES
from app.models import Alert, Channel, Monitor, User
from app.models.alerts import LISTED
from app.rules.alerts.own_messages import OWN_SOURCE
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


def open_alerts(connection: Connection, prefix: str) -> list[str]:
    """Return the external ids of nagare's own open alerts that begin with a prefix."""
    own = select(MONITORS.id).where(MONITORS.name == OWN_SOURCE).scalar_subquery()
    is_own = (ALERTS.monitor_id == own, ALERTS.source == OWN_SOURCE, ALERTS.status.in_(OPEN_STATUSES), text(LISTED))
    statement = select(ALERTS.external_id).where(*is_own, ALERTS.external_id.startswith(prefix, autoescape=True))
    return list(connection.execute(statement).scalars())
