"""How much of what it may post each monitor has used up."""

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class WebhookQuota(Base):
    """A quota that refills in a straight line: one moment is all that there is to be kept of it (GCRA)."""

    __tablename__ = "webhook_quotas"

    monitor_id: Mapped[int] = mapped_column(
        ForeignKey("monitors.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    full_at_us: Mapped[int] = mapped_column(BigInteger)
    """When it is whole again, in microseconds since 1970."""
