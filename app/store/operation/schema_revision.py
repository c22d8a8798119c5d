"""Checks whether the schema is recent enough for this release, without loading the migrations."""

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect, text

MIGRATIONS = Path(__file__).parents[1] / "migrations"


@cache
def newest_revision() -> str:
    """Return the revision of the last migration: the prefix of its file name."""
    return max(path.stem.partition("_")[0] for path in MIGRATIONS.glob("versions/*_*.py"))


def revision(connection: Connection) -> str | None:
    """Return the revision of the schema; None if there is none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def is_recent(connection: Connection) -> bool:
    """Return whether the schema has all that this release of nagare needs.

    A newer schema has: a release migrates before its processes replace the old ones, which run with the newer schema
    until then. If those were not ready in that period, all at once, the API would be unavailable.
    """
    # Revisions are numbers of four digits, so the greater string is the later one.
    return (revision(connection) or "") >= newest_revision()
