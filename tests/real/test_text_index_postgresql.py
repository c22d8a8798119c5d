"""Where PostgreSQL can have no index of texts, or one that knows less: everything is found all the same."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from app.models import Item
from app.store.database import text_index
from app.store.database.dialects import table_of
from app.store.database.engine import Database
from app.store.inventory import pulled_items
from app.store.operation.migrate import downgrade, upgrade
from tests.real.postgres_lab import create_database, execute
from tests.store.database.test_text_search import found, items_with
from tests.store.rows import NOW, add_host, add_monitor, item_row

pytestmark = pytest.mark.real
NAME = "磁盘空间 Free"


@pytest.fixture(scope="module")
def powerless_url(postgres_url: str) -> Iterator[str]:
    """Return the address of a database for a user who may create tables in it, but no extensions."""
    url = create_database(postgres_url, "powerless")
    execute(postgres_url, "CREATE ROLE powerless LOGIN")
    execute(url, "GRANT ALL ON SCHEMA public TO powerless")
    yield url.replace("postgres@", "powerless@")
    execute(postgres_url, "DROP DATABASE powerless WITH (FORCE)")
    execute(postgres_url, "DROP ROLE powerless")


@pytest.fixture(scope="module")
def ascii_url(postgres_url: str) -> Iterator[str]:
    """Return the address of a database whose locale knows no letters but those of ASCII."""
    execute(postgres_url, "CREATE DATABASE ascii TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'")
    yield f"{postgres_url.rpartition('/')[0]}/ascii"
    execute(postgres_url, "DROP DATABASE ascii WITH (FORCE)")


def is_indexed(connection: Connection, text: str) -> bool:
    return text_index.look_up(connection, table_of(Item), text) is not None


def add_one(connection: Connection) -> None:
    monitor = add_monitor(connection)
    rows = {(add_host(connection, monitor), "1"): item_row("1", name=NAME)}
    pulled_items.upsert(connection, monitor, rows, NOW)
    text_index.refresh(connection, 10)


def test_who_may_not_create_extensions_searches_without_an_index(powerless_url: str) -> None:
    upgrade(powerless_url)
    other = Database(powerless_url, durable=False)
    with other.transaction() as connection:
        add_one(connection)
        assert not is_indexed(connection, NAME)
        assert len(found(connection, items_with, "磁盘空间 FREE")) == 1
    other.close()
    downgrade(powerless_url, "0009")


def test_what_the_locale_has_no_letters_for_is_found_without_the_index(ascii_url: str) -> None:
    upgrade(ascii_url)
    other = Database(ascii_url, durable=False)
    with other.transaction() as connection:
        add_one(connection)
        assert is_indexed(connection, "free") and not is_indexed(connection, "磁盘空间")
        assert len(found(connection, items_with, "磁盘空间")) == len(found(connection, items_with, "FREE")) == 1
    other.close()
