"""What monitors may still post to the webhook."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "webhook_quotas",
        sa.Column("monitor_id", BIG, autoincrement=False, nullable=False),
        sa.Column("full_at_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["monitor_id"], ["monitors.id"], name="fk_webhook_quotas_monitor_id_monitors", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("monitor_id", name="pk_webhook_quotas"),
    )


def downgrade() -> None:
    op.drop_table("webhook_quotas")
