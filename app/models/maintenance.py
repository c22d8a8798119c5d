"""Maintenance windows."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import NEVER_REUSED, Base, Moment


class MaintenanceWindow(Base):
    """A period in which the alerts of a monitor, a group of hosts or a host are suppressed.

    An alert must match each of `monitor_id`, `host_id`, `group_name` and `match` that is set.
    """

    __tablename__ = "maintenance_windows"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="order"),
        Index("ix_maintenance_windows_ends_at", "ends_at"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    comment: Mapped[str] = mapped_column(Text)
    monitor_id: Mapped[int | None] = mapped_column(ForeignKey("monitors.id", ondelete="CASCADE"))
    host_id: Mapped[int | None] = mapped_column(ForeignKey("hosts.id", ondelete="CASCADE"))
    group_name: Mapped[str | None] = mapped_column(String(255))
    match: Mapped[str | None] = mapped_column(Text)
    """Matchers in Alertmanager's notation, like `{team="pay"}`."""
    starts_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Moment)
    is_applied: Mapped[bool] = mapped_column(default=False)
    """Whether the alerts that it covers are marked as suppressed."""
