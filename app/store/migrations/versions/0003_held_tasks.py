"""Which tasks wait for their monitor to run fewer."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

HELD = sa.text("state = 'queued' AND held_at IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_task_runs_held", "task_runs", ["monitor_id", "held_at"], sqlite_where=HELD, postgresql_where=HELD
    )


def downgrade() -> None:
    op.drop_index("ix_task_runs_held", "task_runs")
