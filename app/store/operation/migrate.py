"""Upgrades and downgrades the schema while an instance runs."""

import random
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import structlog
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, text

from app import clock
from app.errors import DatabaseUnavailable, SettingsError
from app.store.database.engine import Database
from app.store.database.postgresql_options import PostgresqlOptions
from app.store.operation.schema_revision import MIGRATIONS

log = structlog.get_logger()
# Arbitrary, but only migrations may use it.
ADVISORY_LOCK = 0x6E616761
LOCK_TIMEOUT_S = 0.5
"""How long a migration waits for a table; later requests queue behind it for as long.

It is less than PostgreSQL's `deadlock_timeout` of 1 s: if a migration and a request lock two tables in opposite orders,
it is never the request that fails.
"""
TRIES = 120
PAUSE_S = 1.0
LOOK_EVERY_S = 0.2
CONNECTION = PostgresqlOptions("nagare migrate", through_pooler=True)
"""Prepares nothing, so that a pooler's connection is unchanged afterwards."""


def upgrade(url: str, revision: str = "head") -> None:
    """Upgrade the database to `revision`.

    Raises DatabaseUnavailable, also if a table was in use at each of many attempts, and SettingsError if a newer
    release of nagare has already migrated further.
    """
    _run(url, lambda config: command.upgrade(config, revision))


def downgrade(url: str, revision: str) -> None:
    """Downgrade the database to `revision`, or with `base` to an empty one. Raises DatabaseUnavailable."""
    _run(url, lambda config: command.downgrade(config, revision))


def _run(url: str, move: Callable[[Config], None]) -> None:
    with closing(Database(url, durable=True, pooled=False, postgresql=CONNECTION)) as database:
        if database.engine.dialect.name == "sqlite":
            # Unless SQLAlchemy has a transaction, Alembic would commit each migration by itself.
            with database.transaction() as connection, connection.begin():
                _move(connection, move)
            return
        with _migration_lock(database):
            _try_until_free(database, move)


@contextmanager
def _migration_lock(database: Database) -> Iterator[None]:
    """Wait until no other process migrates: two releases would both try to create the same tables."""
    with database.unmanaged() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        # A lock of the session, since a migration is several transactions; closing the connection releases it. Polled,
        # because a waiting statement holds a snapshot, and CREATE INDEX CONCURRENTLY waits for all of those.
        while not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": ADVISORY_LOCK}).scalar():
            clock.sleep(LOOK_EVERY_S)
        yield


def _try_until_free(database: Database, move: Callable[[Config], None]) -> None:
    """Migrate; if a table is in use for too long, let the requests behind this pass, then retry."""
    for left in reversed(range(TRIES)):
        try:
            with database.unmanaged() as connection:
                connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT_S * 1000:.0f}ms'"))
                connection.commit()
                _move(connection, move)
                return
        except DatabaseUnavailable as error:
            if "lock timeout" not in str(error) or not left:
                raise
            log.info("migrate.waits", error=str(error), tries_left=left)
        # With jitter, so as not to be in step with what locks the table every second.
        clock.sleep(random.uniform(0.5, 1) * PAUSE_S)


def _move(connection: Connection, move: Callable[[Config], None]) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        move(config)
    except CommandError as error:
        raise SettingsError(f"DATABASE_URL: this version of nagare does not know the schema: {error}") from error
