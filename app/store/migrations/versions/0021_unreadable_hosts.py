"""An index of the few hosts whose items could not be read."""

from alembic import op

from app.store.migrations.online import create_index

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

NAME = "ix_hosts_items_error"


def upgrade() -> None:
    create_index(NAME, "hosts", ["monitor_id"], "items_error IS NOT NULL")


def downgrade() -> None:
    op.drop_index(NAME, "hosts")
