"""The items (metrics) of the inventory."""

from datetime import datetime

from sqlalchemy import Computed, ForeignKey, Index, SmallInteger, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import NEVER_REUSED, Base, Moment
from app.models.hosts import STATUS, STATUS_DESCRIPTION


class Item(Base):
    """An item of one host, with its last value. Edits and `status` work as for hosts."""

    __tablename__ = "items"
    __table_args__ = (
        UniqueConstraint("host_id", "external_id"),
        Index("ix_items_status_id", "status", "id"),
        Index("ix_items_monitor_id_id", "monitor_id", "id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    host_id: Mapped[int] = mapped_column(ForeignKey("hosts.id", ondelete="CASCADE"))
    monitor_id: Mapped[int] = mapped_column(ForeignKey("monitors.id", ondelete="CASCADE"))
    external_id: Mapped[str] = mapped_column(String(512))
    name: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    interval: Mapped[str] = mapped_column(Text)
    units: Mapped[str] = mapped_column(Text)
    enabled: Mapped[bool]
    source_name: Mapped[str] = mapped_column(Text)
    source_description: Mapped[str] = mapped_column(Text)
    source_interval: Mapped[str] = mapped_column(Text)
    source_units: Mapped[str] = mapped_column(Text)
    source_enabled: Mapped[bool]
    value: Mapped[str | None] = mapped_column(Text)
    value_text: Mapped[str | None] = mapped_column(Text)
    """The value as its source shows it to people, by a value map; None if it shows the value itself."""
    raw_name: Mapped[str | None] = mapped_column(Text)
    """The name as it is written at the source, if its macros make another one of it."""
    value_type: Mapped[str] = mapped_column(String(32))
    value_at: Mapped[datetime | None] = mapped_column(Moment)
    source_error: Mapped[str | None] = mapped_column(Text)
    alert_error: Mapped[str | None] = mapped_column(Text)
    vanished_at: Mapped[datetime | None] = mapped_column(Moment)
    status: Mapped[int] = mapped_column(SmallInteger, Computed(STATUS, persisted=True))
    status_description: Mapped[str] = mapped_column(Text, Computed(STATUS_DESCRIPTION, persisted=True))
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)
