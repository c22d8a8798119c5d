"""Schedules of tasks."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import NEVER_REUSED, Base, Moment

ENABLED = "enabled"


class Schedule(Base):
    """A task that is submitted repeatedly, at the times of a cron expression in a time zone."""

    __tablename__ = "schedules"
    __table_args__ = (
        # Each second, the due schedules are looked up.
        Index("ix_schedules_due", "next_run_at", sqlite_where=text(ENABLED), postgresql_where=text(ENABLED)),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    cron: Mapped[str] = mapped_column(String(200))
    timezone: Mapped[str] = mapped_column(String(64))
    task_type: Mapped[str] = mapped_column(String(32))
    params: Mapped[dict[str, Any]] = mapped_column(JSON)
    monitor_id: Mapped[int | None] = mapped_column(ForeignKey("monitors.id", ondelete="CASCADE"))
    """The monitor in `params`, so that deleting the monitor deletes the schedule."""
    enabled: Mapped[bool] = mapped_column(default=True)
    next_run_at: Mapped[datetime] = mapped_column(Moment)
    last_run_at: Mapped[datetime | None] = mapped_column(Moment)
    last_task_id: Mapped[str | None] = mapped_column(String(80))
    last_error: Mapped[str | None] = mapped_column(Text)
    """Why the last run submitted no task; None if it did."""
    created_at: Mapped[datetime] = mapped_column(Moment)
