"""The used part of each monitor's webhook quota."""

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class WebhookQuota(Base):
    """A quota that refills linearly, so one timestamp is its whole state (GCRA)."""

    __tablename__ = "webhook_quotas"

    monitor_id: Mapped[int] = mapped_column(
        ForeignKey("monitors.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    full_at_us: Mapped[int] = mapped_column(BigInteger)
    """When it is full again, in microseconds since 1970."""
