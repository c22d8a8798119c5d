"""Notifications, and their pending messages."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, SmallInteger, String, Text, text, true
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import NEVER_REUSED, Base, Moment

UNSENT = "task_id IS NULL"


class Notification(Base):
    """A notification: which changes of which alerts go to which address, and when."""

    __tablename__ = "notifications"
    __table_args__ = (
        Index("ix_notifications_parent_id_position", "parent_id", "position"),
        Index("ix_notifications_channel_id", "channel_id"),
        Index("ix_notifications_escalation_id", "escalation_id"),
        Index("ix_notifications_team_id", "team_id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    enabled: Mapped[bool] = mapped_column(default=True)
    url_sealed: Mapped[str] = mapped_column(Text)
    """The address in Apprise's notation. It is secret: it holds tokens and passwords."""
    min_severity: Mapped[int] = mapped_column(SmallInteger)
    monitor_id: Mapped[int | None] = mapped_column(ForeignKey("monitors.id", ondelete="CASCADE"))
    group_name: Mapped[str | None] = mapped_column(String(255))
    match: Mapped[str | None] = mapped_column(Text)
    """Matchers in Alertmanager's notation, like `{team="pay"}`."""
    title_template: Mapped[str | None] = mapped_column(Text)
    """A Jinja template for the title; None for the built-in text."""
    body_template: Mapped[str | None] = mapped_column(Text)
    kinds: Mapped[list[Any]] = mapped_column(JSON)
    """Some of `fired`, `acknowledged`, `resolved`."""
    quiet_from: Mapped[str | None] = mapped_column(String(5))
    """The time of day, like `22:00`, from which changes wait until `quiet_until`; None for no quiet hours."""
    quiet_until: Mapped[str | None] = mapped_column(String(5))
    timezone: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(8))
    batch_s: Mapped[int] = mapped_column(SmallInteger)
    """How long changes are collected for one message, in seconds."""
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("notifications.id", ondelete="CASCADE"))
    """The route below which it is asked; None at the top."""
    position: Mapped[int] = mapped_column(default=0, server_default="0")
    """Its place among the routes of the same parent."""
    continues: Mapped[bool] = mapped_column(default=True, server_default=true())
    """Whether the routes after it are asked too when it takes an event."""
    target: Mapped[str] = mapped_column(String(16), default="channel", server_default="channel")
    """A `RouteTarget`: what it ends at."""
    channel_id: Mapped[int | None] = mapped_column(ForeignKey("channels.id"))
    escalation_id: Mapped[int | None] = mapped_column(ForeignKey("escalations.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    group_by: Mapped[list[Any]] = mapped_column(JSON, default=list, server_default="[]")
    """The labels and fields whose values part its alerts into several pages."""
    created_at: Mapped[datetime] = mapped_column(Moment)
    last_sent_at: Mapped[datetime | None] = mapped_column(Moment)
    last_error: Mapped[str | None] = mapped_column(Text)


class NotificationMessage(Base):
    """One message of a notification, sent by one task. `sending_at` without `sent_at`: the outcome is unknown."""

    __tablename__ = "notification_messages"
    __table_args__ = (Index("ix_notification_messages_notification_id_created_at", "notification_id", "created_at"),)

    task_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    notification_id: Mapped[int] = mapped_column(ForeignKey("notifications.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(Moment)
    sending_at: Mapped[datetime | None] = mapped_column(Moment)
    sent_at: Mapped[datetime | None] = mapped_column(Moment)


class NotificationChange(Base):
    """A change of an alert for a notification to report once, in the message of `task_id` or in the next one."""

    __tablename__ = "notification_changes"
    __table_args__ = (
        Index("ix_notification_changes_task_id", "task_id"),
        # For cascades: deleting an event deletes its changes.
        Index("ix_notification_changes_event_id", "event_id"),
        Index(
            "ix_notification_changes_unsent",
            "notification_id",
            "event_id",
            sqlite_where=text(UNSENT),
            postgresql_where=text(UNSENT),
        ),
    )

    notification_id: Mapped[int] = mapped_column(
        ForeignKey("notifications.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    event_id: Mapped[int] = mapped_column(
        ForeignKey("alert_events.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    task_id: Mapped[str | None] = mapped_column(String(80))
