"""API tokens for scripts, and tokens of wallboards."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, false
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import NEVER_REUSED, Base, Moment


class ApiToken(Base):
    """A user's token for a script: limited to its role and scopes, and to the user's own role.

    It is random with 256 bits, so a plain hash is of no use to a reader of this table.
    """

    __tablename__ = "api_tokens"
    __table_args__ = (CheckConstraint("role IN ('viewer', 'operator', 'admin')", name="role"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256, hexadecimal."""
    role: Mapped[str] = mapped_column(String(16))
    scopes: Mapped[str | None] = mapped_column(String(200))
    """Separated by spaces; None for everything that the role allows."""
    is_wallboard: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether it opens a wallboard and nothing else; its scopes are empty, so that no older process accepts it."""
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
    last_used_at: Mapped[datetime | None] = mapped_column(Moment)
    """Accurate to the minute."""
