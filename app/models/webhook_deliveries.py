"""Webhook deliveries that wait to be taken in."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Moment


class AlertDelivery(Base):
    """The alert reports of one request, stored until a task has taken them in, in the order of arrival."""

    __tablename__ = "alert_deliveries"
    __table_args__ = (Index("ix_alert_deliveries_monitor_id_id", "monitor_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    monitor_id: Mapped[int] = mapped_column(ForeignKey("monitors.id", ondelete="CASCADE"))
    received_at: Mapped[datetime] = mapped_column(Moment)
    reports: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
