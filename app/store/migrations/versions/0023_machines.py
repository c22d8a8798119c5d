"""Hosts that are one machine, and the alerts that are witnesses of one fault."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.store.migrations.online import create_index

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

OBJECT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
WITNESS = "ix_alerts_status_witness_of"


def upgrade() -> None:
    op.add_column("alerts", sa.Column("witness_of", BIG, nullable=True))
    create_index(WITNESS, "alerts", ["status", "witness_of"], "witness_of IS NOT NULL")
    op.create_table(
        "machines",
        sa.Column("id", BIG, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_machines")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "machine_hosts",
        _host("host_id", "machine_hosts"),
        sa.Column("machine_id", BIG, nullable=False),
        sa.Column("way", sa.String(8), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("joined_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["machine_id"], ["machines.id"], name=op.f("fk_machine_hosts_machine_id_machines"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("host_id", name=op.f("pk_machine_hosts")),
    )
    op.create_index("ix_machine_hosts_machine_id", "machine_hosts", ["machine_id"])
    op.create_table(
        "host_identities",
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("value", sa.String(255), nullable=False),
        _host("host_id", "host_identities"),
        sa.PrimaryKeyConstraint("kind", "value", "host_id", name=op.f("pk_host_identities")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_host_identities_host_id", "host_identities", ["host_id"])
    op.create_table(
        "machine_declines",
        _host("host_a", "machine_declines"),
        _host("host_b", "machine_declines"),
        sa.Column("username", sa.String(64), nullable=False),
        sa.Column("declined_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("host_a", "host_b", name=op.f("pk_machine_declines")),
    )
    op.create_index("ix_machine_declines_host_b", "machine_declines", ["host_b"])
    op.create_table(
        "machine_settings",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("rules", OBJECT, nullable=False),
        sa.Column("faults", sa.JSON(), nullable=True),
        sa.Column("identified_up_to", BIG, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_machine_settings")),
    )


def downgrade() -> None:
    # An alert that was suppressed as a witness of another counts again.
    op.execute(
        "UPDATE alerts SET suppressed = false WHERE witness_of IS NOT NULL AND status < 2"
        " AND silenced_by IS NULL AND snoozed_until IS NULL"
    )
    op.drop_index(WITNESS, "alerts")
    op.drop_column("alerts", "witness_of")
    for table in ("machine_settings", "machine_declines", "host_identities", "machine_hosts", "machines"):
        op.drop_table(table)


def _host(name: str, table: str) -> sa.Column[int]:
    key = sa.ForeignKey("hosts.id", name=op.f(f"fk_{table}_{name}_hosts"), ondelete="CASCADE")
    return sa.Column(name, BIG, key, autoincrement=False, nullable=False)
