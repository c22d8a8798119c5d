"""A database whose rows of an earlier test are gone."""

from app.models import Base
from app.store.database.engine import Database


def empty(database: Database) -> None:
    """Delete all rows."""
    with database.transaction() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
