"""Accounts in chats that belong to users."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import NEVER_REUSED, Base, Moment


class ChatAccount(Base):
    """A person's account in a chat: a click there counts as that user's."""

    __tablename__ = "chat_accounts"
    __table_args__ = (UniqueConstraint("kind", "external_id"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    """The chat: a `ChannelKind`."""
    external_id: Mapped[str] = mapped_column(String(128))
    """The chat's id of the person."""
    created_at: Mapped[datetime] = mapped_column(Moment)
