"""Hourly summaries of items' values, and indexes of the few hosts that are gone or archived."""

import sqlalchemy as sa
from alembic import op

from app.store.migrations.online import create_index

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INDEXES = {
    "ix_hosts_gone": ("vanished_at", "vanished_at IS NOT NULL AND archived_at IS NULL"),
    "ix_hosts_archived_at": ("archived_at", "archived_at IS NOT NULL"),
}


def upgrade() -> None:
    for name, (column, condition) in INDEXES.items():
        create_index(name, "hosts", [column], condition)
    op.create_table(
        "value_summaries",
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("item_id", BIG, autoincrement=False, nullable=False),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", BIG, nullable=False),
        sa.Column("lowest", sa.Float(), nullable=False),
        sa.Column("highest", sa.Float(), nullable=False),
        sa.Column("total", sa.Float(), nullable=False),
        sa.Column("last", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("day", "item_id", "hour", name="pk_value_summaries"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("value_summaries")
    for name in INDEXES:
        op.drop_index(name, "hosts")
