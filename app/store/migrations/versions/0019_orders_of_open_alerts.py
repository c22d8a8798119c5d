"""Indexes for the orders of open alerts, which are few among all and the newest."""

import sqlalchemy as sa
from alembic import op

from app.store.migrations.online import create_index

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

OPEN = "status < 2"
INDEXES: tuple[tuple[str, list[str | sa.TextClause]], ...] = (
    ("ix_alerts_open_began_at", [sa.text("coalesce(started_at, first_seen_at)"), "id"]),
    ("ix_alerts_open_last_seen_at", ["last_seen_at", "id"]),
)


def upgrade() -> None:
    for name, columns in INDEXES:
        create_index(name, "alerts", columns, OPEN)


def downgrade() -> None:
    for name, _ in INDEXES:
        op.drop_index(name, "alerts")
