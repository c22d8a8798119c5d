"""Users, their sessions, and failed sign-ins."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import NEVER_REUSED, Base, Moment


class User(Base):
    """A person or a script with a role."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("role IN ('viewer', 'operator', 'admin')", name="role"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    password_hash: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(16))
    enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(Moment)


class LoginSession(Base):
    """One session. Every token carries its id, so that ending it here invalidates all of them."""

    __tablename__ = "login_sessions"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    refresh_jti: Mapped[str | None] = mapped_column(String(36))
    """The one valid refresh token; None for a session that cannot be refreshed."""
    network: Mapped[str | None] = mapped_column(String(64))
    """The network from which it was opened, as in `app.rules.client_addresses`; None if there was no address."""
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)


class LoginThrottle(Base):
    """Failed sign-ins in a row: of an account at a network, of a network, of an account."""

    __tablename__ = "login_throttles"

    subject: Mapped[str] = mapped_column(String(160), primary_key=True)
    """A hash: people sometimes type their password as their name."""
    failures: Mapped[int]
    last_failed_at: Mapped[datetime] = mapped_column(Moment)
    blocked_until: Mapped[datetime | None] = mapped_column(Moment)
