"""How many alerts there are, as the health score counts them, kept by triggers of the database."""

from sqlalchemy import SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base

BUCKET_MS = 600_000


class AlertSum(Base):
    """A part of the number of a monitor's alerts that are not suppressed; the sum of all its parts is the number.

    Each connection to PostgreSQL has parts of its own, since two that change alerts at once would wait for each other
    or, in another order, for ever. The triggers are in the migration 0009.
    """

    __tablename__ = "alert_sums"

    status: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    bucket: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The ten minutes since 1970 in which they were resolved; 0 for open ones."""
    monitor_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    severity: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    slot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The connection's process at the server; 0 for what was put together."""
    count: Mapped[int]
    ms: Mapped[int]
    """The sum of the times from the bucket's beginning to the ends of the alerts, in milliseconds."""
