"""What items' values were."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "item_values",
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("item_id", BIG, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("hour", "item_id", "at", name="pk_item_values"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("item_values")
