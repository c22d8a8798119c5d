"""The audit log: who changed what, and when."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import NEVER_REUSED, Base, Moment


class AuditEntry(Base):
    """One edit, with the changed fields before and after. It outlives its user and object."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_object_type_object_id_id", "object_type", "object_id", "id"),
        Index("ix_audit_entries_user_id_id", "user_id", "id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    user_id: Mapped[int]
    username: Mapped[str] = mapped_column(String(64))
    object_type: Mapped[str] = mapped_column(String(16))
    object_id: Mapped[int]
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    after: Mapped[dict[str, Any]] = mapped_column(JSON)
