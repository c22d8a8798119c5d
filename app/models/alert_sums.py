"""Counts of alerts for the health score, maintained by database triggers."""

from sqlalchemy import SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base

BUCKET_MS = 600_000


class AlertSum(Base):
    """A partial count of a monitor's unsuppressed alerts; the parts add up to the count.

    Each connection to PostgreSQL has its own parts: two that change alerts concurrently would otherwise wait for each
    other or, in different orders, deadlock. The triggers are in migration 0009.
    """

    __tablename__ = "alert_sums"

    status: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    bucket: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The ten-minute interval since 1970 in which they were resolved; 0 for open alerts."""
    monitor_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    severity: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    slot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The server process of the connection; 0 for merged parts."""
    count: Mapped[int]
    ms: Mapped[int]
    """The sum of the times from the bucket's start to the alerts' ends, in milliseconds."""
