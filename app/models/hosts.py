"""The hosts of the inventory."""

from datetime import datetime
from typing import Any

from sqlalchemy import Computed, ForeignKey, Index, SmallInteger, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import JSON_OBJECT, NEVER_REUSED, Base, Moment

STATUS = (
    "CASE WHEN vanished_at IS NOT NULL OR NOT enabled THEN 0"
    " WHEN alert_error IS NOT NULL OR source_error IS NOT NULL THEN 2 ELSE 1 END"
)
STATUS_DESCRIPTION = (
    "CASE WHEN vanished_at IS NOT NULL THEN 'Gone from the source' WHEN NOT enabled THEN 'Disabled'"
    " ELSE COALESCE(alert_error, source_error, '') END"
)


GONE = "vanished_at IS NOT NULL AND archived_at IS NULL"
ARCHIVED = "archived_at IS NOT NULL"
LOCAL_PREFIX = "nagare-local:"
"""The prefix of the external id of a host or item that does not exist at its monitor yet."""


class Host(Base):
    """A host of one monitor.

    `name`, `display_name`, `description` and `enabled` can be edited here. Each has a `source_` twin with the source's
    last value, so that a pull overwrites an edit only if the source itself changed. `status` is computed by the
    database from the other columns, so no writer can forget it.
    """

    __tablename__ = "hosts"
    __table_args__ = (
        UniqueConstraint("monitor_id", "external_id"),
        Index("ix_hosts_status_id", "status", "id"),
        Index("ix_hosts_name", "name"),
        Index(
            "ix_hosts_items_error",
            "monitor_id",
            sqlite_where=text("items_error IS NOT NULL"),
            postgresql_where=text("items_error IS NOT NULL"),
        ),
        Index("ix_hosts_gone", "vanished_at", sqlite_where=text(GONE), postgresql_where=text(GONE)),
        Index("ix_hosts_archived_at", "archived_at", sqlite_where=text(ARCHIVED), postgresql_where=text(ARCHIVED)),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    monitor_id: Mapped[int] = mapped_column(ForeignKey("monitors.id", ondelete="CASCADE"))
    external_id: Mapped[str] = mapped_column(String(512))
    name: Mapped[str] = mapped_column(Text)
    display_name: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    enabled: Mapped[bool]
    source_name: Mapped[str] = mapped_column(Text)
    source_display_name: Mapped[str] = mapped_column(Text)
    source_description: Mapped[str] = mapped_column(Text)
    source_enabled: Mapped[bool]
    ip_addr: Mapped[str | None] = mapped_column(Text)
    groups: Mapped[list[Any]] = mapped_column(JSON_OBJECT)
    labels: Mapped[dict[str, Any]] = mapped_column(JSON_OBJECT, server_default="{}")
    """What the source says about it by name and value: a target's labels, a host's tags."""
    details: Mapped[dict[str, Any]] = mapped_column(JSON_OBJECT, server_default="{}")
    """What else the source says: interfaces, templates, inventory fields, maintenance."""
    items_error: Mapped[str | None] = mapped_column(Text)
    """Why the last pull could not read its items; `source_error` then has it too, if the source names no other."""
    source_error: Mapped[str | None] = mapped_column(Text)
    alert_error: Mapped[str | None] = mapped_column(Text)
    vanished_at: Mapped[datetime | None] = mapped_column(Moment)
    archived_at: Mapped[datetime | None] = mapped_column(Moment)
    """When it was archived, because it had been gone from the source for long."""
    status: Mapped[int] = mapped_column(SmallInteger, Computed(STATUS, persisted=True))
    status_description: Mapped[str] = mapped_column(Text, Computed(STATUS_DESCRIPTION, persisted=True))
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)
