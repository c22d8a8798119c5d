"""Alerts from all sources, and their histories."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import NEVER_REUSED, Base, Moment, listing_index

SNOOZED = "snoozed_until IS NOT NULL"
PENDING = "is_pending"
SUPPRESSED = "suppressed"
LISTED = "id <> 0"
"""Always true; only statements that contain it use the indexes for lists."""


class Alert(Base):
    """A problem that needs, or needed, a person's attention.

    A source identifies it by `external_id`. If it fires again long after its end, that is the next `occurrence` of the
    same identity, in a row of its own.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        UniqueConstraint("monitor_id", "source", "external_id", "occurrence"),
        CheckConstraint("severity IN (0, 1, 2)", name="severity"),
        CheckConstraint("status IN (0, 1, 2)", name="status"),
        Index("ix_alerts_status_severity_suppressed", "status", "severity", "suppressed"),
        Index("ix_alerts_resolved_at_severity", "resolved_at", "severity"),
        Index("ix_alerts_host_id_status_severity", "host_id", "status", "severity"),
        Index("ix_alerts_item_id_status_severity", "item_id", "status", "severity"),
        Index("ix_alerts_monitor_id_id", "monitor_id", "id"),
        # Without these, an empty page of a list would read all alerts.
        listing_index("ix_alerts_monitor_id_status_id", LISTED, "monitor_id", "status", "id"),
        listing_index("ix_alerts_status_id", LISTED, "status", "id"),
        listing_index("ix_alerts_severity_id", LISTED, "severity", "id"),
        listing_index("ix_alerts_source_id", LISTED, "source", "id"),
        listing_index("ix_alerts_suppressed", SUPPRESSED, "suppressed", "id"),
        # Recovery looks each second for snoozes that have expired.
        Index("ix_alerts_snoozed_until", "snoozed_until", sqlite_where=text(SNOOZED), postgresql_where=text(SNOOZED)),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(64))
    external_id: Mapped[str] = mapped_column(String(200))
    message: Mapped[str] = mapped_column(Text)
    severity: Mapped[int] = mapped_column(SmallInteger)
    status: Mapped[int] = mapped_column(SmallInteger)
    occurrence: Mapped[int] = mapped_column(default=1, server_default="1")
    suppressed: Mapped[bool] = mapped_column(default=False)
    """Snoozed or covered by a maintenance window: not scored, not notified. A resolved alert keeps its value."""
    snoozed_until: Mapped[datetime | None] = mapped_column(Moment)
    flaps: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    """How often in a row it fired again within an hour of its last end."""
    flapped_at: Mapped[datetime | None] = mapped_column(Moment)
    pulled_at: Mapped[datetime | None] = mapped_column(Moment)
    """When a pull last saw it; None if only the webhook reported it, so that its absence from a pull means nothing."""
    monitor_id: Mapped[int] = mapped_column(ForeignKey("monitors.id", ondelete="CASCADE"))
    host_id: Mapped[int | None] = mapped_column(ForeignKey("hosts.id", ondelete="CASCADE"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"))
    comment: Mapped[str] = mapped_column(Text)
    count: Mapped[int] = mapped_column(default=1)
    first_seen_at: Mapped[datetime] = mapped_column(Moment)
    last_seen_at: Mapped[datetime] = mapped_column(Moment)
    resolved_at: Mapped[datetime | None] = mapped_column(Moment)


class AlertEvent(Base):
    """One entry of an alert's history: what happened, who did it (a user or the source), and why."""

    __tablename__ = "alert_events"
    __table_args__ = (
        Index("ix_alert_events_alert_id_id", "alert_id", "id"),
        Index("ix_alert_events_pending", "id", sqlite_where=text(PENDING), postgresql_where=text(PENDING)),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(Moment)
    kind: Mapped[str] = mapped_column(String(24))
    user_id: Mapped[int | None]
    username: Mapped[str | None] = mapped_column(String(64))
    comment: Mapped[str] = mapped_column(Text, default="")
    is_pending: Mapped[bool] = mapped_column(default=False)
    """Whether it still must be matched with the notifications."""
