"""How a migration changes a big table that others write to meanwhile."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op


def create_index(name: str, table: str, columns: Sequence[str | sa.TextClause], where: str | None = None) -> None:
    """Create an index, on PostgreSQL without keeping anybody from writing.

    It commits what the migration did before, so it comes first, before anything that cannot be done a second time. One
    that was interrupted leaves an index that is of no use, which the next try removes.
    """
    condition = None if where is None else sa.text(where)
    if op.get_bind().dialect.name == "sqlite":
        op.create_index(name, table, columns, sqlite_where=condition)
        return
    with op.get_context().autocommit_block():
        patience = op.get_bind().exec_driver_sql("SHOW lock_timeout").scalar_one()
        # Here it waits for transactions to end while nobody waits for it.
        op.execute("SET lock_timeout = 0")
        op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
        op.create_index(name, table, columns, postgresql_where=condition, postgresql_concurrently=True)
        op.execute(f"SET lock_timeout = '{patience}'")
