"""Saved views, the accounts that people have in chats, and tokens that open nothing but a wallboard."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
VIEWS = "saved_views"
ACCOUNTS = "chat_accounts"
TOKENS = "api_tokens"
SHARED = sa.text("is_shared")


def upgrade() -> None:
    op.create_table(
        VIEWS,
        sa.Column("id", BIG, nullable=False),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("page", sa.String(32), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_saved_views_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_saved_views_user_id_name")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_saved_views_shared", VIEWS, ["position", "id"], sqlite_where=SHARED, postgresql_where=SHARED)
    op.create_table(
        ACCOUNTS,
        sa.Column("id", BIG, nullable=False),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("external_id", sa.String(128), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_chat_accounts_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_accounts")),
        sa.UniqueConstraint("kind", "external_id", name=op.f("uq_chat_accounts_kind_external_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_chat_accounts_user_id", ACCOUNTS, ["user_id"])
    op.add_column(TOKENS, sa.Column("is_wallboard", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    # Without the column nothing tells a wallboard's token from one of a script.
    op.execute(sa.text("DELETE FROM api_tokens WHERE is_wallboard"))
    op.drop_column(TOKENS, "is_wallboard")
    op.drop_table(ACCOUNTS)
    op.drop_table(VIEWS)
