"""Heartbeats: what backups and scripts report, and when they must."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, SmallInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import NEVER_REUSED, Base, Moment


class Heartbeat(Base):
    """A job that must ping regularly: after each interval, or at the times of a cron expression in a time zone."""

    __tablename__ = "heartbeats"
    __table_args__ = (
        CheckConstraint("(interval_s IS NULL) <> (cron IS NULL)", name="period"),
        # Each second, the due heartbeats are looked up.
        Index("ix_heartbeats_due_at", "due_at"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    monitor_id: Mapped[int | None] = mapped_column(ForeignKey("monitors.id", ondelete="SET NULL"))
    """The monitor of its alerts; None after that was deleted, until the next alert."""
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256, hexadecimal. The token is random with 160 bits, so a plain hash is of no use to a reader."""
    interval_s: Mapped[int | None]
    cron: Mapped[str | None] = mapped_column(String(200))
    timezone: Mapped[str] = mapped_column(String(64))
    grace_s: Mapped[int]
    severity: Mapped[int] = mapped_column(SmallInteger)
    labels: Mapped[dict[str, Any]] = mapped_column(JSON)
    enabled: Mapped[bool]
    status: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(16))
    """Why it is down; None unless it is."""
    last_ping_at: Mapped[datetime | None] = mapped_column(Moment)
    """Its last success or failure."""
    last_start_at: Mapped[datetime | None] = mapped_column(Moment)
    running_since: Mapped[datetime | None] = mapped_column(Moment)
    """The first start that neither a success nor a failure followed."""
    last_duration_ms: Mapped[int | None]
    due_at: Mapped[datetime | None] = mapped_column(Moment)
    """When its status changes unless a ping comes; None if it does not change."""
    quota_full_at: Mapped[datetime | None] = mapped_column(Moment)
    """When its quota of pings is full again (GCRA)."""
    created_at: Mapped[datetime] = mapped_column(Moment)


class HeartbeatPing(Base):
    """One ping; only the newest ones of each heartbeat are kept."""

    __tablename__ = "heartbeat_pings"
    __table_args__ = (Index("ix_heartbeat_pings_heartbeat_id_id", "heartbeat_id", "id"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(primary_key=True)
    heartbeat_id: Mapped[int] = mapped_column(ForeignKey("heartbeats.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(Moment)
    exit_code: Mapped[int | None] = mapped_column(SmallInteger)
    duration_ms: Mapped[int | None]
    body: Mapped[str] = mapped_column(Text)
    """The end of what was sent with it."""


class PingReception(Base):
    """Until when it is known that the API received pings: one row."""

    __tablename__ = "ping_reception"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    received_until: Mapped[datetime] = mapped_column(Moment)
