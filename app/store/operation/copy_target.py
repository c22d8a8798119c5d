"""The target of a copy: requires that it is empty, writes rows fast, and updates counters and statistics."""

from collections.abc import Iterable
from itertools import chain

from sqlalchemy import Connection, Table, column, func, insert, inspect, select, text
from sqlalchemy import table as named_table
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from app.errors import Conflict, Invalid
from app.models.base import Moment
from app.store.database.bulk_rows import copy_rows
from app.store.operation import schema_revision
from app.store.operation.copied_rows import TABLES, Page, is_written

CACHE_KB = 65536


def require_empty(connection: Connection) -> None:
    """Raise Conflict if it has a row, a table that is not nagare's, or the schema of another release."""
    found = schema_revision.revision(connection)
    names = {*inspect(connection).get_table_names()} - {"alembic_version"}
    if found is None and names:
        raise Conflict(
            f"the target contains tables of another application, such as {min(names)}: use an empty database"
        )
    if found is not None and found > schema_revision.newest_revision():
        raise Conflict(f"the target has schema {found} of a newer nagare: use that version, or an empty database")
    for table in TABLES:
        if table.name in names and connection.execute(text(f'SELECT 1 FROM "{table.name}" LIMIT 1')).first():  # noqa: S608
            raise Conflict(f"the target is not empty: {table.name} has rows; use an empty database")


def prepare(connection: Connection) -> None:
    """Keep others from writing until the transaction ends."""
    if connection.dialect.name == "postgresql":
        names = ", ".join(table.name for table in TABLES)
        connection.execute(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))
    else:
        # With the cache size for requests, indexes would be written to the disk again and again.
        connection.execute(text(f"PRAGMA cache_size = -{CACHE_KB}"))


def write(connection: Connection, table: Table, pages: Iterable[Page]) -> None:
    """Write rows with all columns of a table, as `read` yields them.

    Raises Invalid, with the table as its field, if the database rejects a row.
    """
    positions = [at for at, each in enumerate(table.columns) if is_written(each)]
    wanted = ([tuple(row[at] for at in positions) for row in page] for page in pages)
    names = [each.name for each in table.columns if is_written(each)]
    if connection.dialect.name == "postgresql":
        try:
            copy_rows(connection, table.name, names, chain.from_iterable(wanted))
        except DBAPIError as error:
            raise _refused(table, error) from error
        return
    moments = {each.name for each in table.columns if isinstance(each.type, Moment)}
    columns = [column(name, Moment() if name in moments else None) for name in names]
    statement = insert(named_table(table.name, *columns))
    for page in wanted:
        try:
            connection.execute(statement, [dict(zip(names, row, strict=True)) for row in page])
        except DBAPIError as error:
            raise _refused(table, error) from error


def finish(connection: Connection, table: Table, last_number: int | None) -> None:
    """Set the table's counter above all ids it ever assigned, and update the database's statistics."""
    if connection.dialect.name == "sqlite":
        raised = text("UPDATE sqlite_sequence SET seq = max(seq, :number) WHERE name = :name")
        connection.execute(raised, {"name": table.name, "number": last_number or 0})
        return
    counted = table.autoincrement_column
    if counted is not None:
        highest = select(func.greatest(func.max(counted), last_number))
        if (number := connection.execute(highest).scalar()) is not None:
            sequence = func.pg_get_serial_sequence(table.name, counted.name)
            connection.execute(select(func.setval(sequence, number)))
    connection.execute(text(f"ANALYZE {table.name}"))


def _refused(table: Table, error: DBAPIError) -> Exception:
    """Return Invalid for a row that the database rejects, else the error itself; never a value: it may be a secret."""
    if not isinstance(error, DataError | IntegrityError):
        return error
    cause = error.orig
    diagnosis = getattr(cause, "diag", None)
    message = getattr(diagnosis, "message_primary", None) or str(cause).partition("\n")[0]
    location = (getattr(diagnosis, "context", None) or "").partition(":")[0]
    return Invalid(table.name, f"the target rejected a row: {message}{f' ({location})' if location else ''}")
