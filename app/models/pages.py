"""Escalations, the pages that follow them, and each page's deliveries."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, SmallInteger, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import NEVER_REUSED, Base, Moment

UNENDED = "state IN ('open', 'acknowledged')"
UNSETTLED = "state IN ('waiting', 'sending')"
OPEN_PAGE = "state = 'open'"
SENT = "state = 'sent'"


class Escalation(Base):
    """Who is paged, one step after the other, until somebody acknowledges."""

    __tablename__ = "escalations"
    __table_args__ = (Index("ix_escalations_team_id", "team_id"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id", ondelete="SET NULL"))
    steps: Mapped[list[Any]] = mapped_column(JSON)
    """In order: `after_s` since the step before, and `targets`, each with `type` and `id`."""
    repeats: Mapped[int] = mapped_column(SmallInteger)
    """How often the steps are repeated while nobody acknowledges."""
    acknowledgement_s: Mapped[int | None]
    """How long an acknowledgement holds, in seconds; None for ever."""
    fallback: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """The target, with `type` and `id`, that is told when the steps reached nobody."""
    created_at: Mapped[datetime] = mapped_column(Moment)


class Page(Base):
    """The alerts of a route that people are paged for at once, and how far that is."""

    __tablename__ = "pages"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'acknowledged', 'resolved', 'exhausted')", name="state"),
        # New alerts join the open page, and two that fire at once open one.
        Index(
            "ix_pages_open",
            "route_id",
            "group_key",
            unique=True,
            sqlite_where=text(OPEN_PAGE),
            postgresql_where=text(OPEN_PAGE),
        ),
        Index("ix_pages_unended", "id", sqlite_where=text(UNENDED), postgresql_where=text(UNENDED)),
        Index("ix_pages_ended_at", "ended_at"),
        Index("ix_pages_escalation_id", "escalation_id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    route_id: Mapped[int | None] = mapped_column(ForeignKey("notifications.id", ondelete="SET NULL"))
    route_name: Mapped[str] = mapped_column(String(200))
    escalation_id: Mapped[int | None] = mapped_column(ForeignKey("escalations.id", ondelete="SET NULL"))
    plan: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The steps, repeats, fallback and acknowledgement as they were when it was opened."""
    group_key: Mapped[str] = mapped_column(String(200))
    """A hash of the values by which its route groups alerts."""
    title: Mapped[str] = mapped_column(Text)
    severity: Mapped[int] = mapped_column(SmallInteger)
    """The highest of its alerts."""
    state: Mapped[str] = mapped_column(String(16))
    round: Mapped[int] = mapped_column(SmallInteger, default=0)
    step: Mapped[int] = mapped_column(SmallInteger, default=0)
    """The next step of the plan."""
    step_task_id: Mapped[str | None] = mapped_column(String(80))
    """The task that takes the next step."""
    history: Mapped[list[Any]] = mapped_column(JSON, default=list, server_default="[]")
    """What happened to it, in order: each entry has `at`, a `code`, and what its sentence names."""
    opened_at: Mapped[datetime] = mapped_column(Moment)
    acknowledged_at: Mapped[datetime | None] = mapped_column(Moment)
    acknowledged_by: Mapped[str | None] = mapped_column(String(64))
    acknowledged_until: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


class PageDelivery(Base):
    """A message of a page to one channel: when it is due, and what became of it."""

    __tablename__ = "page_deliveries"
    __table_args__ = (
        Index("ix_page_deliveries_page_id", "page_id"),
        Index("ix_page_deliveries_task_id", "task_id"),
        Index(
            "ix_page_deliveries_sent", "channel_id", "ended_at", sqlite_where=text(SENT), postgresql_where=text(SENT)
        ),
        Index(
            "ix_page_deliveries_unsettled",
            "channel_id",
            "due_at",
            sqlite_where=text(UNSETTLED),
            postgresql_where=text(UNSETTLED),
        ),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    """What it tells: a `DeliveryKind`."""
    round: Mapped[int] = mapped_column(SmallInteger)
    step: Mapped[int] = mapped_column(SmallInteger)
    user_id: Mapped[int | None]
    username: Mapped[str | None] = mapped_column(String(64))
    """The person; None for a shared channel. It outlives the user."""
    channel_id: Mapped[int | None] = mapped_column(ForeignKey("channels.id", ondelete="SET NULL"))
    channel_name: Mapped[str] = mapped_column(String(200))
    task_id: Mapped[str] = mapped_column(String(80))
    """The task that sends it; one may send several."""
    due_at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(16))
    """A `DeliveryState`."""
    reason: Mapped[str | None] = mapped_column(Text)
    """JSON: why it goes to this person or channel, and a `code` for what became of it."""
    sending_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    repeats: Mapped[int] = mapped_column(SmallInteger, default=0)
    """How often it was sent again because nobody knew whether it had arrived."""
    up_to_decision: Mapped[int | None]
    """The last of the page's decisions that its text covers."""
    receipt: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What the service returned to find the message again, like a chat's message id."""
