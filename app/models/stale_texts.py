"""Rows whose text the index for searches does not know as it is."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class StaleText(Base):
    """A row of the table `kind` that came, went, or got another text; triggers write it, each time anew."""

    __tablename__ = "stale_texts"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    row_id: Mapped[int]
