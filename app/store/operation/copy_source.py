"""The source of a copy: requires the current schema, prevents changes, and reads the id counters."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from sqlalchemy import Connection, Table, func, select, text

from app.errors import Conflict, DatabaseUnavailable
from app.store.database.engine import Database
from app.store.operation import schema_revision

OTHERS = text("""
    SELECT application_name FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE 'nagare %' LIMIT 1
""")


def require_current(connection: Connection) -> None:
    """Raise Conflict unless the schema is that of this release of nagare."""
    found = schema_revision.revision(connection)
    if found is None:
        raise Conflict("the source is not a nagare database")
    if found != schema_revision.newest_revision():
        raise Conflict(
            f"the source has schema {found}, but this nagare copies schema {schema_revision.newest_revision()}:"
            " run `nagare migrate` on it, or copy with the version of nagare that uses it"
        )


@contextmanager
def snapshot(database: Database, *, alone: bool) -> Iterator[Connection]:
    """Open a transaction whose statements all read the same snapshot.

    `alone` raises Conflict if another nagare uses the database, and on SQLite prevents others from opening it.
    """
    if not alone:
        with database.reading() as connection:
            _use_one_snapshot(connection)
            yield connection
        return
    with database.kept_open(), ExitStack() as opened:
        with database.reading() as connection:
            _require_sole_use(connection)
        try:
            connection = opened.enter_context(database.transaction())
        except DatabaseUnavailable as error:
            raise Conflict(f"the source is in use: stop nagare first ({error})") from error
        _use_one_snapshot(connection)
        yield connection


def _require_sole_use(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        # The next write transaction begins only when no other process has the file open.
        connection.execute(text("PRAGMA locking_mode = EXCLUSIVE"))
    elif (other := connection.execute(OTHERS).scalar()) is not None:
        raise Conflict(f"the source is in use: stop nagare first ({other} is connected)")


def _use_one_snapshot(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))


def last_number(connection: Connection, table: Table) -> int | None:
    """Return the last id that a table's counter assigned; None if it has no counter or assigned none."""
    counted = table.autoincrement_column
    if counted is None:
        return None
    if connection.dialect.name == "sqlite":
        last = text("SELECT seq FROM sqlite_sequence WHERE name = :name AND seq > 0")
        return connection.execute(last, {"name": table.name}).scalar()
    sequence = connection.execute(select(func.pg_get_serial_sequence(table.name, counted.name))).scalar_one()
    return connection.execute(text(f"SELECT last_value FROM {sequence} WHERE is_called")).scalar()  # noqa: S608
