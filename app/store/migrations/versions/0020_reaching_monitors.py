"""How monitors are reached, and what they say of hosts and items beyond their names and values.

Monitors that exist are reached as before: by the system's certificate authorities, without a proxy.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
OBJECT = sa.JSON().with_variant(JSONB, "postgresql")


def columns() -> dict[str, tuple[sa.Column[Any], ...]]:
    """Return the new columns by table; a column belongs to the first table that it is added to."""
    return {
        "monitors": (
            sa.Column("ca_pem", sa.Text(), nullable=True),
            sa.Column("verify", sa.Boolean(), server_default=sa.true(), nullable=False),
            sa.Column("client_cert_pem", sa.Text(), nullable=True),
            sa.Column("client_key_pem_sealed", sa.Text(), nullable=True),
            sa.Column("headers_sealed", sa.Text(), nullable=True),
            sa.Column("http_username", sa.String(length=200), nullable=True),
            sa.Column("http_password_sealed", sa.Text(), nullable=True),
            sa.Column("proxy_url_sealed", sa.Text(), nullable=True),
            sa.Column("timeout_s", BIG, nullable=True),
            sa.Column("unreadable_hosts", BIG, server_default="0", nullable=False),
            sa.Column("unreadable_reason", sa.Text(), nullable=True),
        ),
        "hosts": (
            sa.Column("details", OBJECT, server_default="{}", nullable=False),
            sa.Column("items_error", sa.Text(), nullable=True),
            sa.Column("archived_at", MOMENT, nullable=True),
        ),
        "items": (
            sa.Column("value_text", sa.Text(), nullable=True),
            sa.Column("raw_name", sa.Text(), nullable=True),
        ),
    }


def upgrade() -> None:
    for table, added in columns().items():
        for column in added:
            op.add_column(table, column)


def downgrade() -> None:
    for table, added in columns().items():
        for column in reversed(added):
            op.drop_column(table, column.name)
