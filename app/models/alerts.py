"""Alerts from all sources, and their histories."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    false,
    func,
    literal_column,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import JSON_OBJECT, NEVER_REUSED, Base, Moment, listing_index

SNOOZED = "snoozed_until IS NOT NULL"
PENDING = "is_pending"
SUPPRESSED = "suppressed"
UNLINKED_NAME = "host_id IS NULL AND host <> ''"
UNLINKED_ID = "host_id IS NULL AND host_external_id IS NOT NULL"
BYTEWISE = Text().with_variant(Text(collation="C"), "postgresql")
"""Text in the order of its UTF-8 on both databases, so that a regular expression narrows to a range of an index."""
OPEN = "status < 2"
WITNESS = "witness_of IS NOT NULL"
LISTED = "id <> 0"
"""Always true; only statements that contain it use the indexes for lists."""


class Alert(Base):
    """A problem that needs, or needed, a person's attention.

    A source identifies it by `external_id`. If it fires again long after its end, that is the next `occurrence` of the
    same identity, in a row of its own.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        UniqueConstraint("monitor_id", "source", "external_id", "occurrence"),
        CheckConstraint("severity IN (0, 1, 2)", name="severity"),
        CheckConstraint("status IN (0, 1, 2)", name="status"),
        Index("ix_alerts_status_severity_suppressed", "status", "severity", "suppressed"),
        Index("ix_alerts_resolved_at_severity", "resolved_at", "severity"),
        Index("ix_alerts_host_id_status_severity", "host_id", "status", "severity"),
        Index("ix_alerts_item_id_status_severity", "item_id", "status", "severity"),
        Index("ix_alerts_monitor_id_id", "monitor_id", "id"),
        # Without these, an empty page of a list would read all alerts.
        listing_index("ix_alerts_monitor_id_status_id", LISTED, "monitor_id", "status", "id"),
        listing_index("ix_alerts_status_id", LISTED, "status", "id"),
        listing_index("ix_alerts_severity_id", LISTED, "severity", "id"),
        listing_index("ix_alerts_source_id", LISTED, "source", "id"),
        listing_index("ix_alerts_suppressed", SUPPRESSED, "suppressed", "id"),
        listing_index("ix_alerts_host_name_id", LISTED, "host", "id"),
        listing_index("ix_alerts_last_seen_at_id", LISTED, "last_seen_at", "id"),
        Index(
            "ix_alerts_began_at_id",
            func.coalesce(literal_column("started_at"), literal_column("first_seen_at")),
            literal_column("id"),
            sqlite_where=text(LISTED),
            postgresql_where=text(LISTED),
        ),
        # Open alerts are few among all and the newest: the other indexes would be read from the oldest alert on.
        Index(
            "ix_alerts_open_began_at",
            func.coalesce(literal_column("started_at"), literal_column("first_seen_at")),
            literal_column("id"),
            sqlite_where=text(OPEN),
            postgresql_where=text(OPEN),
        ),
        listing_index("ix_alerts_open_last_seen_at", OPEN, "last_seen_at", "id"),
        # A pull of hosts looks for the alerts that were reported for them before.
        listing_index("ix_alerts_unlinked_name", UNLINKED_NAME, "monitor_id", "host"),
        listing_index("ix_alerts_unlinked_external_id", UNLINKED_ID, "monitor_id", "host_external_id"),
        # Recovery looks each second for witnesses whose first alert is over.
        listing_index("ix_alerts_status_witness_of", WITNESS, "status", "witness_of"),
        # Recovery looks each second for snoozes that have expired.
        Index("ix_alerts_snoozed_until", "snoozed_until", sqlite_where=text(SNOOZED), postgresql_where=text(SNOOZED)),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(64))
    external_id: Mapped[str] = mapped_column(String(200))
    message: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text, default="", server_default="")
    """The source's explanation; people's words are in `comment`."""
    value: Mapped[str | None] = mapped_column(Text)
    """What the source measured, in its notation."""
    labels: Mapped[dict[str, Any]] = mapped_column(JSON_OBJECT, default=dict, server_default="{}")
    annotations: Mapped[dict[str, Any]] = mapped_column(JSON_OBJECT, default=dict, server_default="{}")
    source_url: Mapped[str | None] = mapped_column(Text)
    source_severity: Mapped[str | None] = mapped_column(String(100))
    """The severity in the source's own word; the monitor's table derives `severity` from it."""
    host: Mapped[str] = mapped_column(Text, default="", server_default="")
    """The name that the source reported, whether or not the inventory has the host; empty if it named none."""
    host_external_id: Mapped[str | None] = mapped_column(Text)
    item: Mapped[str] = mapped_column(Text, default="", server_default="")
    item_external_id: Mapped[str | None] = mapped_column(Text)
    severity: Mapped[int] = mapped_column(SmallInteger)
    status: Mapped[int] = mapped_column(SmallInteger)
    occurrence: Mapped[int] = mapped_column(default=1, server_default="1")
    suppressed: Mapped[bool] = mapped_column(default=False)
    """Snoozed, silenced at the source, covered by a maintenance window, or a witness: not scored, not notified.

    A resolved alert keeps its value.
    """
    silenced_by: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What keeps it quiet at the source: `kind`, `id`, `by`, `comment` and `until`; None if nothing does."""
    witness_of: Mapped[int | None]
    """The alert of another monitor that told the same fault of the same machine first, and counts for both.

    No foreign key: an alert whose first one is deleted keeps the id, which shows that it must take its place.
    """
    is_stale: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Open, but its source has not confirmed it for too long; nobody knows whether it is over."""
    stale_since: Mapped[datetime | None] = mapped_column(Moment)
    """When it last became stale; means something only while it `is_stale`."""
    snoozed_until: Mapped[datetime | None] = mapped_column(Moment)
    flaps: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    """How often in a row it fired again within an hour of its last end."""
    flapped_at: Mapped[datetime | None] = mapped_column(Moment)
    pulled_at: Mapped[datetime | None] = mapped_column(Moment)
    """When a pull last saw it; None if only the webhook reported it, so that its absence from a pull means nothing."""
    monitor_id: Mapped[int] = mapped_column(ForeignKey("monitors.id", ondelete="CASCADE"))
    host_id: Mapped[int | None] = mapped_column(ForeignKey("hosts.id", ondelete="CASCADE"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"))
    comment: Mapped[str] = mapped_column(Text)
    count: Mapped[int] = mapped_column(default=1)
    started_at: Mapped[datetime | None] = mapped_column(Moment)
    """When it began by the source's clock; None if the source did not say."""
    last_started_at: Mapped[datetime | None] = mapped_column(Moment)
    """The latest start that the source reported of this occurrence: what began no later is no news once it ended."""
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    """When it ended by the source's clock."""
    first_seen_at: Mapped[datetime] = mapped_column(Moment)
    last_seen_at: Mapped[datetime] = mapped_column(Moment)
    missed_at: Mapped[datetime | None] = mapped_column(Moment)
    """When a pull first missed it that may have seen too little; a second one in a row ends it."""
    changed_at: Mapped[datetime | None] = mapped_column(Moment)
    """When its history last recorded a change of what the source says."""
    resolved_at: Mapped[datetime | None] = mapped_column(Moment)
    resolution: Mapped[str | None] = mapped_column(String(16))
    """How it is known that it is over (`Resolution`); None while it is open."""


class AlertEvent(Base):
    """One entry of an alert's history: what happened, who did it (a user or the source), and why."""

    __tablename__ = "alert_events"
    __table_args__ = (
        Index("ix_alert_events_alert_id_id", "alert_id", "id"),
        Index("ix_alert_events_pending", "id", sqlite_where=text(PENDING), postgresql_where=text(PENDING)),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(Moment)
    kind: Mapped[str] = mapped_column(String(24))
    user_id: Mapped[int | None]
    username: Mapped[str | None] = mapped_column(String(64))
    comment: Mapped[str] = mapped_column(Text, default="")
    details: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What changed: by field, its value before and after."""
    is_pending: Mapped[bool] = mapped_column(default=False)
    """Whether it still must be matched with the notifications."""
    is_suppressed: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether something suppressed the alert when it happened."""


class LabelPair(Base):
    """A label and one of its values, of any number of alerts."""

    __tablename__ = "label_pairs"
    __table_args__ = (UniqueConstraint("name", "value"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(BYTEWISE)
    value: Mapped[str] = mapped_column(BYTEWISE)


class AlertLabel(Base):
    """That an alert has a label with a value: the index of `alerts.labels`."""

    __tablename__ = "alert_labels"
    __table_args__ = (Index("ix_alert_labels_alert_id", "alert_id"), {"sqlite_with_rowid": False})

    pair_id: Mapped[int] = mapped_column(ForeignKey("label_pairs.id"), primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id", ondelete="CASCADE"), primary_key=True)


class RawReport(Base):
    """The last report of an alert as its source sent it, for each way it arrived (`ReportWay`)."""

    __tablename__ = "alert_raw_reports"

    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id", ondelete="CASCADE"), primary_key=True)
    way: Mapped[str] = mapped_column(String(16), primary_key=True)
    received_at: Mapped[datetime] = mapped_column(Moment)
    body: Mapped[Any] = mapped_column(JSON)


class AlertWitness(Base):
    """When a pull of a monitor of an HA group last saw an alert: it is over when no member sees it."""

    __tablename__ = "alert_witnesses"

    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id", ondelete="CASCADE"), primary_key=True)
    monitor_id: Mapped[int] = mapped_column(ForeignKey("monitors.id", ondelete="CASCADE"), primary_key=True)
    pulled_at: Mapped[datetime] = mapped_column(Moment)


class UnknownSeverity(Base):
    """A severity that a monitor reported and its table does not have."""

    __tablename__ = "unknown_severities"

    monitor_id: Mapped[int] = mapped_column(ForeignKey("monitors.id", ondelete="CASCADE"), primary_key=True)
    word: Mapped[str] = mapped_column(String(100), primary_key=True)
    count: Mapped[int]
    first_seen_at: Mapped[datetime] = mapped_column(Moment)
    last_seen_at: Mapped[datetime] = mapped_column(Moment)
