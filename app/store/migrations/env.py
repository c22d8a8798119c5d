"""What Alembic runs, on the connection that `app.store.operation.migrate` opened.

On SQLite all migrations are one transaction, that of the connection; on PostgreSQL each is one, so that none holds the
locks of those before it.
"""

from typing import Any, Literal

from alembic import context

from app.models import Base
from app.models.base import Moment


def _render(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """Write plain SQLAlchemy types into migrations, so that an old one does not change with today's models."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Moment) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_item=_render,
    transactional_ddl=True,
    transaction_per_migration=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
