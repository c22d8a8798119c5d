"""Passes statements directly to the driver, without SQLAlchemy.

All functions raise what `Connection.execute` raises.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from app.store.database.compiled_statements import Compiled, Values
from app.store.database.sqlite_lock import retry_while_locked
from app.store.database.traced_statements import statement_span

Rows = Sequence[Sequence[Any]]


def execute(connection: Connection, text: str, bound: Any) -> int:
    """Execute a statement; return how many rows it changed."""
    with open_cursor(connection, text) as cursor:
        _send(connection, cursor, text, bound)
        return int(cursor.rowcount)


def execute_many(connection: Connection, text: str, bound: Sequence[Any]) -> int:
    """Execute a statement for each of several rows, in a transaction; return the total number of changed rows."""
    with open_cursor(connection, text, len(bound)) as cursor:
        cursor.executemany(text, bound)
        return int(cursor.rowcount)


def fetch(connection: Connection, text: str, bound: Any) -> Rows:
    """Execute a statement; return all rows as the driver returns them."""
    with open_cursor(connection, text) as cursor:
        _send(connection, cursor, text, bound)
        # Read to the end: only then is a statement that is its own transaction committed, which may fail.
        return cast(Rows, cursor.fetchall())


def find_row(connection: Connection, compiled: Compiled, values: Values) -> Values | None:
    """Execute a statement; return its only row as SQLAlchemy would, or None."""
    rows = fetch(connection, compiled.text, compiled.bind(values))
    return compiled.row(rows[0]) if rows else None


def fetch_after(connection: Connection, first: tuple[str, Any], text: str, bound: Any) -> Rows:
    """Send two statements to PostgreSQL in one round trip; return the rows of the second."""
    driver: Any = connection.connection.driver_connection
    with open_cursor(connection, f"{text}; after {first[0]}") as cursor:
        with driver.pipeline():
            driver.execute(*first)
            cursor.execute(text, bound)
        return cast(Rows, cursor.fetchall())


def _send(connection: Connection, cursor: Any, text: str, bound: Any) -> None:
    if connection.dialect.name == "sqlite":
        retry_while_locked(cursor.execute, text, bound)
    else:
        cursor.execute(text, bound)


@contextmanager
def open_cursor(connection: Connection, told: str, times: int = 1) -> Iterator[Any]:
    """Open a driver cursor for a block that executes the statement `told`, `times` times; the block is a span."""
    dialect = connection.dialect
    errors: type[Exception] = dialect.loaded_dbapi.Error
    cursor = connection.connection.cursor()
    try:
        with statement_span(dialect.name, told, times):
            yield cursor
    except errors as error:
        is_lost = dialect.is_disconnect(cast(Any, error), connection.connection, cast(Any, cursor))
        if is_lost:
            connection.invalidate(error)
        raise DBAPIError.instance(
            told, None, error, errors, hide_parameters=True, connection_invalidated=is_lost, dialect=dialect
        ) from error
    finally:
        cursor.close()
