"""Moves the schema up and down."""

from collections.abc import Callable

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import text

from app.errors import SettingsError
from app.store.engine import Database
from app.store.schema import MIGRATIONS

# Any number will do, as long as only migrations use it.
ADVISORY_LOCK = 0x6E616761


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database up to `revision`.

    Raises DatabaseUnavailable, and SettingsError when a newer version of nagare has already moved it further.
    """
    _run(url, lambda config: command.upgrade(config, revision))


def downgrade(url: str, revision: str) -> None:
    """Bring the database down to `revision`, `base` for an empty one. Raises DatabaseUnavailable."""
    _run(url, lambda config: command.downgrade(config, revision))


def _run(url: str, move: Callable[[Config], None]) -> None:
    database = Database(url, durable=True, pooled=False)
    with database.transaction() as connection:
        if connection.dialect.name == "postgresql":
            # Two releases that migrate at once would both try to create the same tables.
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        config = _config()
        config.attributes["connection"] = connection
        try:
            move(config)
        except CommandError as error:
            raise SettingsError(f"DATABASE_URL: the schema is not one that this version knows: {error}") from error


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
