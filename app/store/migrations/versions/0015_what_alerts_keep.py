"""What sources say of alerts is kept: labels, annotations, times, the reported host, what silences them.

Alerts that exist have none of it: their sources said it, but nothing kept it. A later migration that makes the table of
the alerts anew, as SQLite must for some changes, must make the triggers of 0009 and of this one anew.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
BYTEWISE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
OBJECT = sa.JSON().with_variant(JSONB, "postgresql")
TEXTS_BEFORE = ("message", "comment")
TEXTS = ("message", "comment", "description", "host", "item")


def columns() -> dict[str, tuple[sa.Column[Any], ...]]:
    """Return the new columns by table; a column belongs to the first table that it is added to."""
    return {
        "alerts": (
            sa.Column("description", sa.Text(), server_default="", nullable=False),
            sa.Column("value", sa.Text(), nullable=True),
            sa.Column("labels", OBJECT, server_default="{}", nullable=False),
            sa.Column("annotations", OBJECT, server_default="{}", nullable=False),
            sa.Column("source_url", sa.Text(), nullable=True),
            sa.Column("source_severity", sa.String(length=100), nullable=True),
            sa.Column("host", sa.Text(), server_default="", nullable=False),
            sa.Column("host_external_id", sa.Text(), nullable=True),
            sa.Column("item", sa.Text(), server_default="", nullable=False),
            sa.Column("item_external_id", sa.Text(), nullable=True),
            sa.Column("silenced_by", sa.JSON(), nullable=True),
            sa.Column("is_stale", sa.Boolean(), server_default=sa.false(), nullable=False),
            sa.Column("started_at", MOMENT, nullable=True),
            sa.Column("last_started_at", MOMENT, nullable=True),
            sa.Column("ended_at", MOMENT, nullable=True),
            sa.Column("missed_at", MOMENT, nullable=True),
            sa.Column("changed_at", MOMENT, nullable=True),
            sa.Column("resolution", sa.String(length=16), nullable=True),
        ),
        "alert_events": (sa.Column("details", sa.JSON(), nullable=True),),
        "hosts": (sa.Column("labels", OBJECT, server_default="{}", nullable=False),),
        "monitors": (
            sa.Column("severities", sa.JSON(), nullable=True),
            sa.Column("mapping", sa.JSON(), nullable=True),
            sa.Column("alertmanager_urls", sa.JSON(), server_default="[]", nullable=False),
            sa.Column("watchdogs", sa.JSON(), server_default="[]", nullable=False),
            sa.Column("stale_after_s", BIG, nullable=True),
            sa.Column("resolve_stale_after_s", BIG, nullable=True),
            sa.Column("ha_group", sa.String(length=100), nullable=True),
            sa.Column("ha_ignored_labels", sa.JSON(), server_default="[]", nullable=False),
            sa.Column("truncated_alerts", BIG, server_default="0", nullable=False),
            sa.Column("truncated_at", MOMENT, nullable=True),
            sa.Column("refused_alerts", BIG, server_default="0", nullable=False),
            sa.Column("refused_at", MOMENT, nullable=True),
            sa.Column("last_refusal", sa.Text(), nullable=True),
        ),
        "maintenance_windows": (sa.Column("match", sa.Text(), nullable=True),),
        "notifications": (
            sa.Column("match", sa.Text(), nullable=True),
            sa.Column("title_template", sa.Text(), nullable=True),
            sa.Column("body_template", sa.Text(), nullable=True),
        ),
    }


def upgrade() -> None:
    for table, added in columns().items():
        for column in added:
            op.add_column(table, column)
    op.create_index("ix_monitors_ha_group", "monitors", ["ha_group"])
    op.create_table(
        "label_pairs",
        sa.Column("id", BIG, nullable=False),
        sa.Column("name", BYTEWISE, nullable=False),
        sa.Column("value", BYTEWISE, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_label_pairs"),
        sa.UniqueConstraint("name", "value", name="uq_label_pairs_name_value"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "alert_labels",
        sa.Column("pair_id", BIG, autoincrement=False, nullable=False),
        sa.Column("alert_id", BIG, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["pair_id"], ["label_pairs.id"], name="fk_alert_labels_pair_id_label_pairs"),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name="fk_alert_labels_alert_id_alerts", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("pair_id", "alert_id", name="pk_alert_labels"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_alert_labels_alert_id", "alert_labels", ["alert_id"])
    op.create_table(
        "alert_raw_reports",
        sa.Column("alert_id", BIG, autoincrement=False, nullable=False),
        sa.Column("way", sa.String(length=16), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name="fk_alert_raw_reports_alert_id_alerts", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("alert_id", "way", name="pk_alert_raw_reports"),
    )
    op.create_table(
        "alert_witnesses",
        sa.Column("alert_id", BIG, autoincrement=False, nullable=False),
        sa.Column("monitor_id", BIG, autoincrement=False, nullable=False),
        sa.Column("pulled_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name="fk_alert_witnesses_alert_id_alerts", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["monitor_id"], ["monitors.id"], name="fk_alert_witnesses_monitor_id_monitors", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("alert_id", "monitor_id", name="pk_alert_witnesses"),
    )
    op.create_table(
        "unknown_severities",
        sa.Column("monitor_id", BIG, autoincrement=False, nullable=False),
        sa.Column("word", sa.String(length=100), nullable=False),
        sa.Column("count", BIG, nullable=False),
        sa.Column("first_seen_at", MOMENT, nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["monitor_id"], ["monitors.id"], name="fk_unknown_severities_monitor_id_monitors", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("monitor_id", "word", name="pk_unknown_severities"),
    )
    make_text_trigger(TEXTS)


def downgrade() -> None:
    make_text_trigger(TEXTS_BEFORE)
    for table in ("unknown_severities", "alert_witnesses", "alert_raw_reports", "alert_labels", "label_pairs"):
        op.drop_table(table)
    op.drop_index("ix_monitors_ha_group", "monitors")
    for table, added in columns().items():
        for column in reversed(added):
            op.drop_column(table, column.name)


def make_text_trigger(texts: tuple[str, ...]) -> None:
    """Make the trigger anew that notes alerts whose text changed; without a text index (0010) there is none."""
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        found = "SELECT 1 FROM sqlite_master WHERE name = 'stale_texts_alerts_update'"
        differs = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in texts)
        place = ""
        trigger = (
            f"CREATE TRIGGER stale_texts_alerts_update AFTER UPDATE OF {', '.join(texts)} ON alerts WHEN {differs}"  # noqa: S608
            " BEGIN INSERT INTO stale_texts (kind, row_id) VALUES ('alerts', NEW.id); END"
        )
    else:
        found = "SELECT 1 FROM pg_trigger WHERE tgname = 'stale_texts_alerts_update'"
        old, new = (", ".join(f"{row}.{name}" for name in texts) for row in ("OLD", "NEW"))
        place = " ON alerts"
        trigger = (
            f"CREATE TRIGGER stale_texts_alerts_update AFTER UPDATE OF {', '.join(texts)} ON alerts FOR EACH ROW"
            f" WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION stale_texts_one()"
        )
    if connection.exec_driver_sql(found).first() is None:
        return
    op.execute(f"DROP TRIGGER stale_texts_alerts_update{place}")
    connection.exec_driver_sql(trigger)
