"""What is expected of monitors, when nagare was able to hear it, and since when an alert is stale."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("alerts", sa.Column("stale_since", MOMENT, nullable=True))
    op.create_table(
        "watches",
        sa.Column("monitor_id", BIG, autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(length=250), nullable=False),
        sa.Column("rhythm", sa.Text(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("heard_at", MOMENT, nullable=True),
        sa.Column("alarmed_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["monitor_id"], ["monitors.id"], name="fk_watches_monitor_id_monitors", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("monitor_id", "subject", name="pk_watches"),
    )
    op.create_table(
        "watched_periods",
        sa.Column("id", BIG, nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_watched_periods"),
    )
    op.create_index("ix_watched_periods_ended_at", "watched_periods", ["ended_at"])


def downgrade() -> None:
    op.drop_table("watched_periods")
    op.drop_table("watches")
    op.drop_column("alerts", "stale_since")
