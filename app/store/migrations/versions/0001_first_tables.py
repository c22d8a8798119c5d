"""The first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STATUS = (
    "CASE WHEN vanished_at IS NOT NULL OR NOT enabled THEN 0"
    " WHEN alert_error IS NOT NULL OR source_error IS NOT NULL THEN 2 ELSE 1 END"
)
STATUS_DESCRIPTION = (
    "CASE WHEN vanished_at IS NOT NULL THEN 'Gone from the source' WHEN NOT enabled THEN 'Disabled'"
    " ELSE COALESCE(alert_error, source_error, '') END"
)


def upgrade() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("user_id", BIGINT, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("task_id", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"], unique=False)
    op.create_table(
        "login_throttles",
        sa.Column("subject", sa.String(length=160), nullable=False),
        sa.Column("failures", BIGINT, nullable=False),
        sa.Column("last_failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_login_throttles")),
    )
    op.create_table(
        "monitors",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("username", sa.String(length=200), nullable=True),
        sa.Column("password_sealed", sa.Text(), nullable=True),
        sa.Column("api_token_sealed", sa.Text(), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("last_pulled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_monitors")),
        sa.UniqueConstraint("name", name=op.f("uq_monitors_name")),
    )
    op.create_table(
        "queue_pauses",
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("type", name=op.f("pk_queue_pauses")),
    )
    op.create_table(
        "task_runs",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("monitor_id", BIGINT, nullable=True),
        sa.Column("requested_by", BIGINT, nullable=True),
        sa.Column("attempt", sa.SmallInteger(), nullable=False),
        sa.Column("first_attempt", sa.SmallInteger(), nullable=False),
        sa.Column("max_retries", sa.SmallInteger(), nullable=False),
        sa.Column("beat", BIGINT, nullable=False),
        sa.Column("worker", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_run_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("progress_done", BIGINT, nullable=False),
        sa.Column("progress_total", BIGINT, nullable=True),
        sa.Column("progress_message", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("discarded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'retrying', 'succeeded', 'dead', 'cancelled')",
            name=op.f("ck_task_runs_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_runs")),
    )
    op.create_index("ix_task_runs_created_at_id", "task_runs", ["created_at", "id"], unique=False)
    op.create_index(
        "ix_task_runs_dead",
        "task_runs",
        ["finished_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'dead' AND discarded_at IS NULL"),
        postgresql_where=sa.text("state = 'dead' AND discarded_at IS NULL"),
    )
    op.create_index("ix_task_runs_finished_at", "task_runs", ["finished_at"], unique=False)
    op.create_index("ix_task_runs_monitor_id_created_at", "task_runs", ["monitor_id", "created_at"], unique=False)
    op.create_index(
        "ix_task_runs_queued",
        "task_runs",
        ["type", "published_at"],
        unique=False,
        sqlite_where=sa.text("state = 'queued'"),
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index(
        "ix_task_runs_retrying",
        "task_runs",
        ["next_run_at"],
        unique=False,
        sqlite_where=sa.text("state = 'retrying'"),
        postgresql_where=sa.text("state = 'retrying'"),
    )
    op.create_index(
        "ix_task_runs_running",
        "task_runs",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_table(
        "users",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('viewer', 'operator', 'admin')", name=op.f("ck_users_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("username", name=op.f("uq_users_username")),
    )
    op.create_table(
        "hosts",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("monitor_id", BIGINT, nullable=False),
        sa.Column("external_id", sa.String(length=512), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("source_name", sa.Text(), nullable=False),
        sa.Column("source_display_name", sa.Text(), nullable=False),
        sa.Column("source_description", sa.Text(), nullable=False),
        sa.Column("source_enabled", sa.Boolean(), nullable=False),
        sa.Column("ip_addr", sa.Text(), nullable=True),
        sa.Column("groups", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("source_error", sa.Text(), nullable=True),
        sa.Column("alert_error", sa.Text(), nullable=True),
        sa.Column("vanished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.SmallInteger(), sa.Computed(STATUS, persisted=True), nullable=False),
        sa.Column("status_description", sa.Text(), sa.Computed(STATUS_DESCRIPTION, persisted=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["monitor_id"], ["monitors.id"], name=op.f("fk_hosts_monitor_id_monitors"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hosts")),
        sa.UniqueConstraint("monitor_id", "external_id", name=op.f("uq_hosts_monitor_id_external_id")),
    )
    op.create_index("ix_hosts_name", "hosts", ["name"], unique=False)
    op.create_index("ix_hosts_status_id", "hosts", ["status", "id"], unique=False)
    op.create_table(
        "login_sessions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", BIGINT, nullable=False),
        sa.Column("refresh_jti", sa.String(length=36), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_login_sessions_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_sessions")),
    )
    op.create_index("ix_login_sessions_expires_at", "login_sessions", ["expires_at"], unique=False)
    op.create_index("ix_login_sessions_user_id", "login_sessions", ["user_id"], unique=False)
    op.create_table(
        "task_attempts",
        sa.Column("task_id", sa.String(length=80), nullable=False),
        sa.Column("attempt", sa.SmallInteger(), nullable=False),
        sa.Column("worker", sa.String(length=200), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("traceback", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["task_id"], ["task_runs.id"], name=op.f("fk_task_attempts_task_id_task_runs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("task_id", "attempt", name=op.f("pk_task_attempts")),
    )
    op.create_table(
        "items",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("host_id", BIGINT, nullable=False),
        sa.Column("monitor_id", BIGINT, nullable=False),
        sa.Column("external_id", sa.String(length=512), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("interval", sa.Text(), nullable=False),
        sa.Column("units", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("source_name", sa.Text(), nullable=False),
        sa.Column("source_description", sa.Text(), nullable=False),
        sa.Column("source_interval", sa.Text(), nullable=False),
        sa.Column("source_units", sa.Text(), nullable=False),
        sa.Column("source_enabled", sa.Boolean(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("value_type", sa.String(length=32), nullable=False),
        sa.Column("value_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("source_error", sa.Text(), nullable=True),
        sa.Column("alert_error", sa.Text(), nullable=True),
        sa.Column("vanished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.SmallInteger(), sa.Computed(STATUS, persisted=True), nullable=False),
        sa.Column("status_description", sa.Text(), sa.Computed(STATUS_DESCRIPTION, persisted=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["host_id"], ["hosts.id"], name=op.f("fk_items_host_id_hosts"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["monitor_id"], ["monitors.id"], name=op.f("fk_items_monitor_id_monitors"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_items")),
        sa.UniqueConstraint("host_id", "external_id", name=op.f("uq_items_host_id_external_id")),
    )
    op.create_index("ix_items_monitor_id_id", "items", ["monitor_id", "id"], unique=False)
    op.create_index("ix_items_status_id", "items", ["status", "id"], unique=False)
    op.create_table(
        "alerts",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("suppressed", sa.Boolean(), nullable=False),
        sa.Column("monitor_id", BIGINT, nullable=True),
        sa.Column("host_id", BIGINT, nullable=True),
        sa.Column("item_id", BIGINT, nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("count", BIGINT, nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("severity IN (0, 1, 2)", name=op.f("ck_alerts_severity")),
        sa.CheckConstraint("status IN (0, 1, 2)", name=op.f("ck_alerts_status")),
        sa.ForeignKeyConstraint(["host_id"], ["hosts.id"], name=op.f("fk_alerts_host_id_hosts"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_alerts_item_id_items"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["monitor_id"], ["monitors.id"], name=op.f("fk_alerts_monitor_id_monitors"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("source", "external_id", name=op.f("uq_alerts_source_external_id")),
    )
    op.create_index("ix_alerts_host_id_status_severity", "alerts", ["host_id", "status", "severity"], unique=False)
    op.create_index("ix_alerts_item_id_status_severity", "alerts", ["item_id", "status", "severity"], unique=False)
    op.create_index("ix_alerts_monitor_id_id", "alerts", ["monitor_id", "id"], unique=False)
    op.create_index("ix_alerts_resolved_at_severity", "alerts", ["resolved_at", "severity"], unique=False)
    op.create_index(
        "ix_alerts_status_severity_suppressed", "alerts", ["status", "severity", "suppressed"], unique=False
    )


def downgrade() -> None:
    op.drop_table("alerts")
    op.drop_table("items")
    op.drop_table("task_attempts")
    op.drop_table("login_sessions")
    op.drop_table("hosts")
    op.drop_table("users")
    op.drop_table("task_runs")
    op.drop_table("queue_pauses")
    op.drop_table("monitors")
    op.drop_table("login_throttles")
    op.drop_table("idempotency_keys")
