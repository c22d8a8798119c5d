"""Saved views: a list with its filter, under a name."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import NEVER_REUSED, Base, Moment, listing_index

SHARED = "is_shared"


class SavedView(Base):
    """A filter of a list that a user keeps, also for everybody if it is shared."""

    __tablename__ = "saved_views"
    __table_args__ = (
        UniqueConstraint("user_id", "name"),
        listing_index("ix_saved_views_shared", SHARED, "position", "id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    page: Mapped[str] = mapped_column(String(32))
    """The list that it shows, like `alerts`."""
    query: Mapped[str] = mapped_column(Text)
    """The filter and the order, as the query string of the list's address."""
    is_shared: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int]
    """Its place among its owner's views."""
    created_at: Mapped[datetime] = mapped_column(Moment)
