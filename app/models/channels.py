"""Channels: the addresses by which people are told, and each person's rules about the own ones."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, SmallInteger, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import NEVER_REUSED, Base, Moment

SHARED = "user_id IS NULL"


class Channel(Base):
    """An address: of a person, who has verified it, or shared, like a team's chat room."""

    __tablename__ = "channels"
    __table_args__ = (
        Index("ix_channels_user_id_name", "user_id", "name", unique=True),
        Index("ix_channels_shared_name", "name", unique=True, sqlite_where=text(SHARED), postgresql_where=text(SHARED)),
        Index("ix_channels_team_id", "team_id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    """The person whose contact method it is; None for a shared channel."""
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id", ondelete="SET NULL"))
    kind: Mapped[str] = mapped_column(String(16))
    """A `ChannelKind`: how messages get there."""
    url_sealed: Mapped[str] = mapped_column(Text)
    """The address in Apprise's notation, or the JSON of a chat's settings. It holds tokens and passwords."""
    service: Mapped[str] = mapped_column(String(64))
    """What may be shown of the address: its scheme, like `mailto`."""
    language: Mapped[str] = mapped_column(String(8))
    timezone: Mapped[str] = mapped_column(String(64))
    delivery: Mapped[str] = mapped_column(String(16))
    """A `DeliveryGuarantee`: what happens to a message of which nobody knows whether it arrived."""
    enabled: Mapped[bool] = mapped_column(default=True)
    verified_at: Mapped[datetime | None] = mapped_column(Moment)
    code_sealed: Mapped[str | None] = mapped_column(Text)
    """The code that was sent to the address and that its owner must type."""
    code_sent_at: Mapped[datetime | None] = mapped_column(Moment)
    code_failures: Mapped[int] = mapped_column(SmallInteger, default=0)
    last_sent_at: Mapped[datetime | None] = mapped_column(Moment)
    last_error: Mapped[str | None] = mapped_column(Text)
    failing_since: Mapped[datetime | None] = mapped_column(Moment)
    """When the first of the failures in a row happened; None after a success."""
    created_at: Mapped[datetime] = mapped_column(Moment)


class ContactRule(Base):
    """When and for what a person is told by one of the own channels."""

    __tablename__ = "contact_rules"
    __table_args__ = (
        Index("ix_contact_rules_user_id_position", "user_id", "position"),
        Index("ix_contact_rules_channel_id", "channel_id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channels.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(SmallInteger)
    after_s: Mapped[int]
    """How long after the page reached the person's turn, in seconds; not at all if it was acknowledged by then."""
    min_severity: Mapped[int] = mapped_column(SmallInteger)
    quiet_from: Mapped[str | None] = mapped_column(String(5))
    """The time of day, like `22:00`, from which messages wait until `quiet_until`; None for no quiet hours."""
    quiet_until: Mapped[str | None] = mapped_column(String(5))
    timezone: Mapped[str] = mapped_column(String(64))
    wake_severity: Mapped[int | None] = mapped_column(SmallInteger)
    """The severity from which quiet hours do not count; None if they always count."""
