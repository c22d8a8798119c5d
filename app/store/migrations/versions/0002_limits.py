"""How many tasks of a monitor run at once, and which tasks ask for the same work."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

QUEUED = sa.text("state = 'queued'")
RUNNING = sa.text("state = 'running'")
UNFINISHED = sa.text("state IN ('queued', 'running', 'retrying')")


def upgrade() -> None:
    op.add_column("monitors", sa.Column("max_parallel_tasks", sa.SmallInteger(), server_default="4", nullable=False))
    op.add_column("task_runs", sa.Column("fingerprint", sa.String(length=64), nullable=True))
    op.add_column("task_runs", sa.Column("held_at", sa.DateTime(timezone=True), nullable=True))
    _replace_index("ix_task_runs_queued", ["published_at", "type"], QUEUED)
    _replace_index("ix_task_runs_running", ["monitor_id"], RUNNING)
    _create_index("ix_task_runs_unfinished", ["fingerprint"], UNFINISHED)


def downgrade() -> None:
    op.drop_index("ix_task_runs_unfinished", "task_runs")
    _replace_index("ix_task_runs_running", ["id"], RUNNING)
    _replace_index("ix_task_runs_queued", ["type", "published_at"], QUEUED)
    op.drop_column("task_runs", "held_at")
    op.drop_column("task_runs", "fingerprint")
    op.drop_column("monitors", "max_parallel_tasks")


def _replace_index(name: str, columns: list[str], where: sa.TextClause) -> None:
    op.drop_index(name, "task_runs")
    _create_index(name, columns, where)


def _create_index(name: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, "task_runs", columns, sqlite_where=where, postgresql_where=where)
