"""A migrated database for each test: on SQLite here, on PostgreSQL where `sql_url` says so."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from app.store.database.engine import Database
from app.store.operation.migrate import upgrade
from tests.store.emptied import empty


@pytest.fixture(scope="module")
def sql_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the address of an empty database that the module's tests share."""
    return f"sqlite:///{tmp_path_factory.mktemp('store') / 'nagare.db'}"


@pytest.fixture(scope="module")
def migrated(sql_url: str) -> str:
    upgrade(sql_url)
    return sql_url


@pytest.fixture
def database(migrated: str) -> Iterator[Database]:
    """Return a database with all its tables, empty."""
    database = Database(migrated, durable=False)
    empty(database)
    yield database
    database.close()


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.transaction() as connection:
        yield connection
