"""What became of each alert event: whom it was to reach, and whether it did."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import NEVER_REUSED, Base, Moment

OPEN_DECISION = "outcome = 'pending'"
ASSIGNED = f"{OPEN_DECISION} AND task_id IS NOT NULL"


class AlertDecision(Base):
    """What a route did with an event, or that none of them took it."""

    __tablename__ = "alert_decisions"
    __table_args__ = (
        Index("ix_alert_decisions_alert_id_id", "alert_id", "id"),
        Index("ix_alert_decisions_event_id_route_id", "event_id", "route_id"),
        Index("ix_alert_decisions_page_id_id", "page_id", "id"),
        Index(
            "ix_alert_decisions_pending",
            "route_id",
            "event_id",
            sqlite_where=text(OPEN_DECISION),
            postgresql_where=text(OPEN_DECISION),
        ),
        # Recovery looks each second for messages that ended without telling anybody.
        Index("ix_alert_decisions_assigned", "task_id", sqlite_where=text(ASSIGNED), postgresql_where=text(ASSIGNED)),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("alert_events.id", ondelete="CASCADE"))
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(Moment)
    route_id: Mapped[int | None]
    """No foreign key: the decision outlives its route, which the reason names."""
    page_id: Mapped[int | None] = mapped_column(ForeignKey("pages.id", ondelete="SET NULL"))
    task_id: Mapped[str | None] = mapped_column(String(80))
    """The task of the message that is to tell it, or that told it."""
    outcome: Mapped[str] = mapped_column(String(16))
    """A `DecisionOutcome`."""
    reason: Mapped[dict[str, Any]] = mapped_column(JSON)
    """A `code` and what its sentence names."""
    settled_at: Mapped[datetime | None] = mapped_column(Moment)
