"""The monitors that nagare connects to."""

from datetime import datetime

from sqlalchemy import SmallInteger, String, Text, true
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import NEVER_REUSED, Base, Moment


class Monitor(Base):
    """One Zabbix, Prometheus or simulated system, with its encrypted credentials."""

    __tablename__ = "monitors"
    __table_args__ = NEVER_REUSED

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    type: Mapped[str] = mapped_column(String(64))
    url: Mapped[str] = mapped_column(Text)
    username: Mapped[str | None] = mapped_column(String(200))
    password_sealed: Mapped[str | None] = mapped_column(Text)
    api_token_sealed: Mapped[str | None] = mapped_column(Text)
    enabled: Mapped[bool] = mapped_column(default=True)
    max_parallel_tasks: Mapped[int] = mapped_column(SmallInteger, default=4, server_default="4")
    """How many of its tasks may run in parallel, so that one slow monitor does not occupy all slots."""
    acknowledge_at_source: Mapped[bool] = mapped_column(default=True, server_default=true())
    """Whether acknowledging an alert here also acknowledges it at the monitor, if that is writable."""
    webhook_token_hash: Mapped[str | None] = mapped_column(String(64), index=True, unique=True)
    status: Mapped[str] = mapped_column(String(16), default="unknown")
    last_error: Mapped[str | None] = mapped_column(Text)
    last_pulled_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment)
