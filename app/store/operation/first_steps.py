"""Which of the first steps with nagare are done."""

from sqlalchemy import Connection, RowMapping, func, or_, select

from app.models import Alert, Channel, Host, Monitor, Notification
from app.rules.monitor_types import DEMO_URL, SIMULATOR

MONITORS = Monitor.__table__.c
CHANNELS = Channel.__table__.c
NOTIFICATIONS = Notification.__table__.c
IS_DEMO = (MONITORS.type == SIMULATOR) & (MONITORS.url == DEMO_URL)
OWN_NAMES = ("nagare", "heartbeats")
"""The monitors that nagare adds for alerts of its own."""
THEIRS = select(MONITORS.id).where(~IS_DEMO, MONITORS.name.not_in(OWN_NAMES))
"""The monitors that a person added."""


def find(connection: Connection) -> RowMapping:
    """Return the ids of the demo and of the first monitor that a person added, and what has happened since."""
    hosts = THEIRS.join(Host.__table__, Host.__table__.c.monitor_id == MONITORS.id)
    alerts = THEIRS.join(Alert.__table__, Alert.__table__.c.monitor_id == MONITORS.id)
    pulled = THEIRS.where(MONITORS.last_pulled_at.is_not(None))
    sent = (
        select(CHANNELS.id).where(CHANNELS.last_sent_at.is_not(None)),
        select(NOTIFICATIONS.id).where(NOTIFICATIONS.last_sent_at.is_not(None)),
    )
    statement = select(
        select(func.min(MONITORS.id)).where(IS_DEMO).scalar_subquery().label("demo_monitor_id"),
        select(func.min(MONITORS.id)).where(MONITORS.id.in_(THEIRS)).scalar_subquery().label("monitor_id"),
        or_(pulled.exists(), alerts.exists()).label("is_pulled"),
        or_(hosts.exists(), alerts.exists()).label("is_seen"),
        or_(*(rows.exists() for rows in sent)).label("is_told"),
    )
    return connection.execute(statement).mappings().one()
