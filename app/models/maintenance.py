"""Maintenance windows, and what their monitors are told of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import NEVER_REUSED, Base, Moment

CONTINUES = "next_starts_at IS NOT NULL"


class MaintenanceWindow(Base):
    """A period, which may recur, in which the alerts of a monitor, a group of hosts or a host are suppressed.

    An alert must match each of `monitor_id`, `host_id`, `group_name` and `match` that is set.
    """

    __tablename__ = "maintenance_windows"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="order"),
        Index("ix_maintenance_windows_ends_at", "ends_at"),
        Index(
            "ix_maintenance_windows_continuing",
            "ends_at",
            sqlite_where=text(CONTINUES),
            postgresql_where=text(CONTINUES),
        ),
        Index("ix_maintenance_windows_push_due_at", "push_due_at"),
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
    """Of the occurrence in effect, or else the next or last one, so that a comparison tells what is in effect."""
    ends_at: Mapped[datetime] = mapped_column(Moment)
    rrule: Mapped[str | None] = mapped_column(Text)
    """The recurrence rule; None for a window that occurs once."""
    timezone: Mapped[str | None] = mapped_column(String(64))
    """The zone in which it recurs at the same local time; None for UTC."""
    first_starts_at: Mapped[datetime | None] = mapped_column(Moment)
    """Of the first occurrence; None for a window that occurs once."""
    first_ends_at: Mapped[datetime | None] = mapped_column(Moment)
    next_starts_at: Mapped[datetime | None] = mapped_column(Moment)
    """When the occurrence after `ends_at` begins; None if there is none."""
    push_to_source: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether the monitors that it covers are told of it."""
    push_due_at: Mapped[datetime | None] = mapped_column(Moment)
    """When to look again at what they must be told; None if nothing can change."""
    created_by: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Moment)
    is_applied: Mapped[bool] = mapped_column(default=False)
    """Whether the alerts that it covers are marked as suppressed."""


class MaintenancePush(Base):
    """What one monitor has, or must be told, of a window; kept until it was taken back there.

    So it references no window: it outlives it.
    """

    __tablename__ = "maintenance_pushes"
    __table_args__ = (
        UniqueConstraint("window_id", "monitor_id"),
        Index("ix_maintenance_pushes_monitor_id", "monitor_id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    window_id: Mapped[int]
    monitor_id: Mapped[int] = mapped_column(ForeignKey("monitors.id", ondelete="CASCADE"))
    mark: Mapped[str] = mapped_column(String(64))
    """What its name at the source contains, and no other's: a repeated attempt finds it by that."""
    wanted: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """A `SourceMaintenance`; None if the source must have none."""
    version: Mapped[int]
    """Grows with each change of `wanted`."""
    done_version: Mapped[int]
    """The version that the source has; 0 for none."""
    external_ids: Mapped[list[Any]] = mapped_column(JSON)
    """Its ids at the source."""
    task_id: Mapped[str | None] = mapped_column(String(80))
    """The task that will tell the source the newest version; None if it has it."""
    attempts: Mapped[int]
    error: Mapped[str | None] = mapped_column(Text)
    """Why the last attempt failed, or why what is wanted could not be determined."""
    changed_at: Mapped[datetime] = mapped_column(Moment)
    done_at: Mapped[datetime | None] = mapped_column(Moment)
