"""Copies a database to an empty one, from SQLite to PostgreSQL or back, and verifies the copy."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

from sqlalchemy import Connection, Table

from app.errors import NagareError
from app.store.database.engine import Database
from app.store.database.postgresql_options import PostgresqlOptions
from app.store.operation import copied_rows, copy_source, copy_target
from app.store.operation.copied_rows import TABLES, Content, Page
from app.store.operation.migrate import upgrade

Tell = Callable[[str, int], None]
"""Called after each page with the table's name and the number of its rows written so far."""


class NotCopied(NagareError):
    """The rows written differ from the rows read; the target was left empty."""

    code = "not_copied"


@dataclass(frozen=True, slots=True)
class CopiedTable:
    """A table whose contents are equal in both databases."""

    name: str
    rows: int
    checksum: str


def copy_database(source_url: str, target_url: str, *, is_running_allowed: bool, tell: Tell) -> list[CopiedTable]:
    """Copy all rows of one snapshot, in one transaction of the target; return the copied tables.

    Unless `is_running_allowed`, nothing else may have the source open. Raises Conflict if the source or target cannot
    be copied from or to, Invalid if the target rejects a row, NotCopied, and DatabaseUnavailable.
    """
    with closing(_database(source_url)) as source, closing(_database(target_url)) as target:
        with source.reading() as connection:
            copy_source.require_current(connection)
        with target.reading() as connection:
            copy_target.require_empty(connection)
        with copy_source.snapshot(source, alone=not is_running_allowed) as read_from:
            upgrade(target_url)
            with target.transaction() as write_to:
                copy_target.prepare(write_to)
                copy_target.require_empty(write_to)
                return [_copy(read_from, write_to, table, tell) for table in TABLES]


def _database(url: str) -> Database:
    return Database(
        url, durable=True, pooled=False, postgresql=PostgresqlOptions("nagare copy-db", through_pooler=True)
    )


def _copy(source: Connection, target: Connection, table: Table, tell: Tell) -> CopiedTable:
    content = Content()

    def pages() -> Iterator[Page]:
        for page in copied_rows.read(source, table, content):
            yield page
            tell(table.name, content.rows)

    copy_target.write(target, table, pages())
    copy_target.finish(target, table, copy_source.last_number(source, table))
    written = copied_rows.measure(target, table)
    if written != content:
        raise NotCopied(f"{table.name}: {content.rows} rows were read, but the copy is different")
    return CopiedTable(table.name, content.rows, content.checksum)
