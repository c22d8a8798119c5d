"""Indexes for the orders and filters of the list of alerts, and for linking alerts to hosts that come later."""

import sqlalchemy as sa
from alembic import op

from app.store.migrations.online import create_index

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

LISTED = "id <> 0"
INDEXES: tuple[tuple[str, list[str | sa.TextClause], str], ...] = (
    ("ix_alerts_host_name_id", ["host", "id"], LISTED),
    ("ix_alerts_last_seen_at_id", ["last_seen_at", "id"], LISTED),
    ("ix_alerts_began_at_id", [sa.text("coalesce(started_at, first_seen_at)"), "id"], LISTED),
    ("ix_alerts_unlinked_name", ["monitor_id", "host"], "host_id IS NULL AND host <> ''"),
    (
        "ix_alerts_unlinked_external_id",
        ["monitor_id", "host_external_id"],
        "host_id IS NULL AND host_external_id IS NOT NULL",
    ),
)


def upgrade() -> None:
    for name, columns, where in INDEXES:
        create_index(name, "alerts", columns, where)


def downgrade() -> None:
    for name, _, _ in INDEXES:
        op.drop_index(name, "alerts")
