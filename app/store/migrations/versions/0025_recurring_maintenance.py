"""Maintenance windows that recur, and what their monitors are told of them.

`starts_at` and `ends_at` stay those of the occurrence in effect or next, so that the previous release suppresses the
right alerts too.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
WINDOWS = "maintenance_windows"
PUSHES = "maintenance_pushes"
CONTINUES = sa.text("next_starts_at IS NOT NULL")
COLUMNS = (
    ("rrule", sa.Text()),
    ("timezone", sa.String(64)),
    ("first_starts_at", MOMENT),
    ("first_ends_at", MOMENT),
    ("next_starts_at", MOMENT),
    ("push_due_at", MOMENT),
)


def upgrade() -> None:
    op.create_table(
        PUSHES,
        sa.Column("id", BIG, nullable=False),
        sa.Column("window_id", BIG, nullable=False),
        sa.Column("monitor_id", BIG, nullable=False),
        sa.Column("mark", sa.String(64), nullable=False),
        sa.Column("wanted", sa.JSON(), nullable=True),
        sa.Column("version", BIG, nullable=False),
        sa.Column("done_version", BIG, nullable=False),
        sa.Column("external_ids", sa.JSON(), nullable=False),
        sa.Column("task_id", sa.String(80), nullable=True),
        sa.Column("attempts", BIG, nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["monitor_id"], ["monitors.id"], name=op.f("fk_maintenance_pushes_monitor_id_monitors"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_maintenance_pushes")),
        sa.UniqueConstraint("window_id", "monitor_id", name=op.f("uq_maintenance_pushes_window_id_monitor_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_maintenance_pushes_monitor_id", PUSHES, ["monitor_id"])
    for name, kind in COLUMNS:
        op.add_column(WINDOWS, sa.Column(name, kind, nullable=True))
    op.add_column(WINDOWS, sa.Column("push_to_source", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        "ix_maintenance_windows_continuing",
        WINDOWS,
        ["ends_at"],
        sqlite_where=CONTINUES,
        postgresql_where=CONTINUES,
    )
    op.create_index("ix_maintenance_windows_push_due_at", WINDOWS, ["push_due_at"])


def downgrade() -> None:
    op.drop_index("ix_maintenance_windows_push_due_at", WINDOWS)
    op.drop_index("ix_maintenance_windows_continuing", WINDOWS)
    for name in ("push_to_source", *(name for name, _ in reversed(COLUMNS))):
        op.drop_column(WINDOWS, name)
    op.drop_table(PUSHES)
