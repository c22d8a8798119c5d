"""What keeps pages of lists fast at a million rows."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_alerts_monitor_id_status_id", "alerts", ["monitor_id", "status", "id"], "id <> 0"),
    ("ix_alerts_status_id", "alerts", ["status", "id"], "id <> 0"),
    ("ix_alerts_severity_id", "alerts", ["severity", "id"], "id <> 0"),
    ("ix_alerts_source_id", "alerts", ["source", "id"], "id <> 0"),
    ("ix_alerts_suppressed", "alerts", ["suppressed", "id"], "suppressed"),
    ("ix_task_runs_type_created_at_id", "task_runs", ["type", "created_at", "id"], "id <> ''"),
    ("ix_task_runs_state_created_at_id", "task_runs", ["state", "created_at", "id"], "id <> ''"),
)


def upgrade() -> None:
    for name, table, columns, where in INDEXES:
        op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
    op.create_index("ix_notification_changes_event_id", "notification_changes", ["event_id"])


def downgrade() -> None:
    op.drop_index("ix_notification_changes_event_id", "notification_changes")
    for name, table, _, _ in INDEXES:
        op.drop_index(name, table)
