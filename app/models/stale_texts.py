"""Rows whose entry in the text index is out of date."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class StaleText(Base):
    """A row of the table `kind` that was added, deleted or changed its text; written by triggers."""

    __tablename__ = "stale_texts"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    row_id: Mapped[int]
