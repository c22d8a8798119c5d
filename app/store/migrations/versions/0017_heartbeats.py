"""Heartbeats and their pings."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "heartbeats",
        sa.Column("id", BIG, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("monitor_id", BIG, nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("interval_s", BIG, nullable=True),
        sa.Column("cron", sa.String(length=200), nullable=True),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("grace_s", BIG, nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=True),
        sa.Column("last_ping_at", MOMENT, nullable=True),
        sa.Column("last_start_at", MOMENT, nullable=True),
        sa.Column("running_since", MOMENT, nullable=True),
        sa.Column("last_duration_ms", BIG, nullable=True),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("quota_full_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("(interval_s IS NULL) <> (cron IS NULL)", name="ck_heartbeats_period"),
        sa.ForeignKeyConstraint(
            ["monitor_id"], ["monitors.id"], name="fk_heartbeats_monitor_id_monitors", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_heartbeats"),
        sa.UniqueConstraint("name", name="uq_heartbeats_name"),
        sa.UniqueConstraint("token_hash", name="uq_heartbeats_token_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_heartbeats_due_at", "heartbeats", ["due_at"])
    op.create_table(
        "heartbeat_pings",
        sa.Column("id", BIG, nullable=False),
        sa.Column("heartbeat_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("exit_code", sa.SmallInteger(), nullable=True),
        sa.Column("duration_ms", BIG, nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["heartbeat_id"], ["heartbeats.id"], name="fk_heartbeat_pings_heartbeat_id_heartbeats", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_heartbeat_pings"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_heartbeat_pings_heartbeat_id_id", "heartbeat_pings", ["heartbeat_id", "id"])
    op.create_table(
        "ping_reception",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("received_until", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ping_reception"),
    )


def downgrade() -> None:
    for table in ("ping_reception", "heartbeat_pings", "heartbeats"):
        op.drop_table(table)
