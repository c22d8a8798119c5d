"""What nagare expects to hear from monitors, and the periods in which it would have heard it."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Moment

WATCHDOG = "watchdog:"
"""What the subject of a watchdog begins with; its name follows."""


class Watch(Base):
    """Something that is expected of a monitor, for as long as it is expected.

    A row is deleted when a person stops what is expected (disables the monitor, its schedule or the queue), and made
    anew when it starts again: so nothing is missed for the time between.
    """

    __tablename__ = "watches"

    monitor_id: Mapped[int] = mapped_column(ForeignKey("monitors.id", ondelete="CASCADE"), primary_key=True)
    subject: Mapped[str] = mapped_column(String(250), primary_key=True)
    """A pull's task type; `receive_alerts` for what is posted; `watchdog:` and a name for an alert that must fire."""
    rhythm: Mapped[str] = mapped_column(Text, default="")
    """When a pull is due: time zone and cron expression, one schedule a line."""
    since: Mapped[datetime] = mapped_column(Moment)
    """Since when it is expected in this rhythm."""
    heard_at: Mapped[datetime | None] = mapped_column(Moment)
    """When the pull last succeeded; None if it has not yet."""
    alarmed_at: Mapped[datetime | None] = mapped_column(Moment)
    """Since when an alert of nagare's own says that it is missing; None while nothing is missing."""


class WatchedPeriod(Base):
    """A period in which a leader ran without a pause. Only such time counts when something is missed."""

    __tablename__ = "watched_periods"

    id: Mapped[int] = mapped_column(primary_key=True)
    began_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime] = mapped_column(Moment, index=True)
    """When a leader last ran; moved on while the period lasts."""
