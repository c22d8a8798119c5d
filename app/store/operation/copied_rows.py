"""The contents of a database copy: the tables, their rows in a portable form, and checksums to compare tables."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Float,
    Table,
    Text,
    cast,
    select,
    type_coerce,
)

from app.models import AlertSum, Base, StaleText
from app.models.item_values import EpochMilliseconds
from app.store.database.dialects import table_of

ROW_BATCH_SIZE = 2000
DERIVED = (table_of(AlertSum), table_of(StaleText))
"""Maintained by triggers on other tables: if copied as well, they would count double."""
TABLES = tuple(table for table in Base.metadata.sorted_tables if table not in DERIVED)
"""All other tables; a table comes after those that it references."""
BITS = 128

Page = Sequence[tuple[Any, ...]]


@dataclass(slots=True)
class Content:
    """A table's content: the number of rows, and a sum of the rows' hashes, which does not depend on their order."""

    rows: int = 0
    total: int = 0

    @property
    def checksum(self) -> str:
        """Return the sum as text."""
        return f"{self.total:032x}"


def is_written(column: Column[Any]) -> bool:
    """Return whether a column is written; the database computes the others."""
    return column.computed is None


def read(connection: Connection, table: Table, content: Content) -> Iterator[Page]:
    """Yield a table's rows, a page at a time, as values that every database accepts; add them to `content`."""
    plain = [_plain(column) for column in table.columns]
    statement = select(*plain).order_by(*table.primary_key)
    canonical = [(at, _canonical(column)) for at, column in enumerate(table.columns)]
    changed = [(at, change) for at, change in canonical if change is not None]
    result = connection.execute(statement, execution_options={"stream_results": True, "yield_per": ROW_BATCH_SIZE})
    for page in result.partitions():
        rows = [tuple(row) for row in page]
        content.rows += len(rows)
        content.total = (content.total + sum(_hash(row, changed) for row in rows)) % (1 << BITS)
        yield rows


def measure(connection: Connection, table: Table) -> Content:
    """Return a table's content."""
    content = Content()
    for _ in read(connection, table, content):
        pass
    return content


def _plain(column: Column[Any]) -> ColumnElement[Any]:
    if isinstance(column.type, JSON):
        # As a value, SQL's NULL and JSON's null would be the same.
        return cast(column, Text)
    return type_coerce(column, BigInteger) if isinstance(column.type, EpochMilliseconds) else column


def _hash(row: tuple[Any, ...], changed: Sequence[tuple[int, Any]]) -> int:
    values = list(row)
    for at, change in changed:
        if values[at] is not None:
            values[at] = change(values[at])
    return int.from_bytes(blake2b(repr(values).encode(), digest_size=BITS // 8).digest())


def _canonical(column: Column[Any]) -> Any:
    if isinstance(column.type, JSON):
        # PostgreSQL's jsonb preserves neither spaces nor the order of keys.
        return lambda text: json.dumps(json.loads(text), sort_keys=True)
    # SQLite has no negative zero.
    return (lambda number: number + 0.0) if isinstance(column.type, Float) else None
