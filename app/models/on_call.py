"""Rotas: who is on call when."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import NEVER_REUSED, Base, Moment


class Rota(Base):
    """Layers of people who take turns; a later layer stands above an earlier one."""

    __tablename__ = "rotas"
    __table_args__ = (Index("ix_rotas_team_id", "team_id"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id", ondelete="SET NULL"))
    timezone: Mapped[str] = mapped_column(String(64))
    layers: Mapped[list[Any]] = mapped_column(JSON)
    """The layers as `app.rules.oncall` reads them."""
    holidays: Mapped[str | None] = mapped_column(Text)
    """A calendar in iCalendar's notation whose events are the holidays."""
    calendar_token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    """A hash of the secret in the link by which calendars subscribe to the shifts; None for no link."""
    created_at: Mapped[datetime] = mapped_column(Moment)


class RotaOverride(Base):
    """That a person is on call in place of whoever the layers name."""

    __tablename__ = "rota_overrides"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="order"),
        Index("ix_rota_overrides_rota_id_ends_at", "rota_id", "ends_at"),
        Index("ix_rota_overrides_user_id", "user_id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    rota_id: Mapped[int] = mapped_column(ForeignKey("rotas.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    starts_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime] = mapped_column(Moment)
    comment: Mapped[str] = mapped_column(Text, default="")
    created_by: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Moment)
