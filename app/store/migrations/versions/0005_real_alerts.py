"""Alerts that come from monitors and come again, their history, and what follows from them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
OLD_IDENTITY = "uq_alerts_source_external_id"
IDENTITY = "uq_alerts_monitor_id_source_external_id_occurrence"
CHILD = sa.text("parent_id IS NOT NULL")
SNOOZED = sa.text("snoozed_until IS NOT NULL")
PENDING = sa.text("is_pending")
UNSENT = sa.text("task_id IS NULL")
LATER_ROWS = """
    DELETE FROM alerts WHERE EXISTS (
        SELECT 1 FROM alerts AS other
        WHERE other.source = alerts.source AND other.external_id = alerts.external_id AND other.id > alerts.id
    )
"""


def upgrade() -> None:
    op.add_column("monitors", sa.Column("webhook_token_hash", sa.String(length=64), nullable=True))
    op.add_column(
        "monitors", sa.Column("acknowledge_at_source", sa.Boolean(), server_default=sa.true(), nullable=False)
    )
    op.create_index("ix_monitors_webhook_token_hash", "monitors", ["webhook_token_hash"], unique=True)
    op.add_column("task_runs", sa.Column("parent_id", sa.String(length=80), nullable=True))
    op.create_index("ix_task_runs_parent_id", "task_runs", ["parent_id"], sqlite_where=CHILD, postgresql_where=CHILD)
    with op.batch_alter_table("alerts") as alerts:
        alerts.add_column(sa.Column("occurrence", BIG, server_default="1", nullable=False))
        alerts.add_column(sa.Column("snoozed_until", MOMENT, nullable=True))
        alerts.add_column(sa.Column("flaps", sa.SmallInteger(), server_default="0", nullable=False))
        alerts.add_column(sa.Column("flapped_at", MOMENT, nullable=True))
        alerts.add_column(sa.Column("pulled_at", MOMENT, nullable=True))
        alerts.alter_column("monitor_id", existing_type=BIG, nullable=False)
        alerts.drop_constraint(OLD_IDENTITY, type_="unique")
        alerts.create_unique_constraint(IDENTITY, ["monitor_id", "source", "external_id", "occurrence"])
    op.create_index(
        "ix_alerts_snoozed_until", "alerts", ["snoozed_until"], sqlite_where=SNOOZED, postgresql_where=SNOOZED
    )
    op.create_table(
        "alert_events",
        sa.Column("id", BIG, nullable=False),
        sa.Column("alert_id", BIG, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("user_id", BIG, nullable=True),
        sa.Column("username", sa.String(length=64), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("is_pending", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name="fk_alert_events_alert_id_alerts", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_alert_events"),
    )
    op.create_index("ix_alert_events_alert_id_id", "alert_events", ["alert_id", "id"])
    op.create_index("ix_alert_events_pending", "alert_events", ["id"], sqlite_where=PENDING, postgresql_where=PENDING)
    op.create_table(
        "alert_deliveries",
        sa.Column("id", BIG, nullable=False),
        sa.Column("monitor_id", BIG, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("reports", sa.JSON(), nullable=False),
        _owner("alert_deliveries", "monitor_id", "monitors"),
        sa.PrimaryKeyConstraint("id", name="pk_alert_deliveries"),
    )
    op.create_index("ix_alert_deliveries_monitor_id_id", "alert_deliveries", ["monitor_id", "id"])
    op.create_table(
        "maintenance_windows",
        sa.Column("id", BIG, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("monitor_id", BIG, nullable=True),
        sa.Column("host_id", BIG, nullable=True),
        sa.Column("group_name", sa.String(length=255), nullable=True),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("is_applied", sa.Boolean(), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name="ck_maintenance_windows_order"),
        _owner("maintenance_windows", "monitor_id", "monitors"),
        _owner("maintenance_windows", "host_id", "hosts"),
        sa.PrimaryKeyConstraint("id", name="pk_maintenance_windows"),
    )
    op.create_index("ix_maintenance_windows_ends_at", "maintenance_windows", ["ends_at"])
    op.create_table(
        "score_samples",
        sa.Column("scope", sa.String(length=32), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("score", sa.SmallInteger(), nullable=False),
        sa.Column("load", sa.Float(), nullable=False),
        sa.Column("open_alerts", BIG, nullable=False),
        sa.PrimaryKeyConstraint("scope", "at", name="pk_score_samples"),
    )
    op.create_index("ix_score_samples_at", "score_samples", ["at"])
    _create_notifications()


def _create_notifications() -> None:
    op.create_table(
        "notifications",
        sa.Column("id", BIG, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("url_sealed", sa.Text(), nullable=False),
        sa.Column("min_severity", sa.SmallInteger(), nullable=False),
        sa.Column("monitor_id", BIG, nullable=True),
        sa.Column("group_name", sa.String(length=255), nullable=True),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("quiet_from", sa.String(length=5), nullable=True),
        sa.Column("quiet_until", sa.String(length=5), nullable=True),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("batch_s", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_sent_at", MOMENT, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        _owner("notifications", "monitor_id", "monitors"),
        sa.PrimaryKeyConstraint("id", name="pk_notifications"),
        sa.UniqueConstraint("name", name="uq_notifications_name"),
    )
    op.create_table(
        "notification_messages",
        sa.Column("task_id", sa.String(length=80), nullable=False),
        sa.Column("notification_id", BIG, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("sending_at", MOMENT, nullable=True),
        sa.Column("sent_at", MOMENT, nullable=True),
        _owner("notification_messages", "notification_id", "notifications"),
        sa.PrimaryKeyConstraint("task_id", name="pk_notification_messages"),
    )
    op.create_index(
        "ix_notification_messages_notification_id_created_at",
        "notification_messages",
        ["notification_id", "created_at"],
    )
    op.create_table(
        "notification_changes",
        sa.Column("notification_id", BIG, autoincrement=False, nullable=False),
        sa.Column("event_id", BIG, autoincrement=False, nullable=False),
        sa.Column("task_id", sa.String(length=80), nullable=True),
        _owner("notification_changes", "notification_id", "notifications"),
        _owner("notification_changes", "event_id", "alert_events"),
        sa.PrimaryKeyConstraint("notification_id", "event_id", name="pk_notification_changes"),
    )
    op.create_index("ix_notification_changes_task_id", "notification_changes", ["task_id"])
    op.create_index(
        "ix_notification_changes_unsent",
        "notification_changes",
        ["notification_id", "event_id"],
        sqlite_where=UNSENT,
        postgresql_where=UNSENT,
    )


def _owner(table: str, column: str, owner: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_{owner}"
    return sa.ForeignKeyConstraint([column], [f"{owner}.id"], name=name, ondelete="CASCADE")


def downgrade() -> None:
    op.drop_table("notification_changes")
    op.drop_table("notification_messages")
    op.drop_table("notifications")
    op.drop_table("score_samples")
    op.drop_table("maintenance_windows")
    op.drop_table("alert_deliveries")
    op.drop_table("alert_events")
    op.drop_index("ix_alerts_snoozed_until", "alerts")
    # The schema before knows one row an identity: the youngest stays.
    op.execute(LATER_ROWS)
    with op.batch_alter_table("alerts") as alerts:
        alerts.drop_constraint(IDENTITY, type_="unique")
        alerts.create_unique_constraint(OLD_IDENTITY, ["source", "external_id"])
        alerts.alter_column("monitor_id", existing_type=BIG, nullable=True)
        for column in ("pulled_at", "flapped_at", "flaps", "snoozed_until", "occurrence"):
            alerts.drop_column(column)
    op.drop_index("ix_task_runs_parent_id", "task_runs")
    op.drop_column("task_runs", "parent_id")
    op.drop_index("ix_monitors_webhook_token_hash", "monitors")
    op.drop_column("monitors", "acknowledge_at_source")
    op.drop_column("monitors", "webhook_token_hash")
