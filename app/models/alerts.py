"""Alerts, whatever raised them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Moment


class Alert(Base):
    """Something that needs, or needed, a person's eye. One row for each (source, external_id)."""

    __tablename__ = "alerts"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        CheckConstraint("severity IN (0, 1, 2)", name="severity"),
        CheckConstraint("status IN (0, 1, 2)", name="status"),
        Index("ix_alerts_status_severity_suppressed", "status", "severity", "suppressed"),
        Index("ix_alerts_resolved_at_severity", "resolved_at", "severity"),
        Index("ix_alerts_host_id_status_severity", "host_id", "status", "severity"),
        Index("ix_alerts_item_id_status_severity", "item_id", "status", "severity"),
        Index("ix_alerts_monitor_id_id", "monitor_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(64))
    external_id: Mapped[str] = mapped_column(String(200))
    message: Mapped[str] = mapped_column(Text)
    severity: Mapped[int] = mapped_column(SmallInteger)
    status: Mapped[int] = mapped_column(SmallInteger)
    suppressed: Mapped[bool] = mapped_column(default=False)
    monitor_id: Mapped[int | None] = mapped_column(ForeignKey("monitors.id", ondelete="CASCADE"))
    host_id: Mapped[int | None] = mapped_column(ForeignKey("hosts.id", ondelete="CASCADE"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"))
    comment: Mapped[str] = mapped_column(Text)
    count: Mapped[int] = mapped_column(default=1)
    first_seen_at: Mapped[datetime] = mapped_column(Moment)
    last_seen_at: Mapped[datetime] = mapped_column(Moment)
    resolved_at: Mapped[datetime | None] = mapped_column(Moment)
