"""Tells whether the database's schema is the one that this version needs, without loading what moves it."""

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect, text

MIGRATIONS = Path(__file__).parents[1] / "migrations"


@cache
def newest_revision() -> str:
    """Return the revision of the last migration: its file's name begins with it."""
    return max(path.stem.partition("_")[0] for path in MIGRATIONS.glob("versions/*_*.py"))


def revision(connection: Connection) -> str | None:
    """Return the revision of the schema; None when there is none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def is_recent(connection: Connection) -> bool:
    """Tell whether the schema has all that this version of nagare needs.

    A newer one has: a release migrates before its processes replace the old ones, which go on with the newer schema
    until then. Called unready in that moment, all of them at once, they would take the API away.
    """
    # Revisions are numbers of four digits, so that the greater text is the later one.
    return (revision(connection) or "") >= newest_revision()
