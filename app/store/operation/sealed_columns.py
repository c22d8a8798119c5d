"""Statements on all encrypted values: the columns whose names end in `_sealed`."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Table, or_, select, update

from app.models import Base

SEALED = {
    table: columns
    for table in Base.metadata.sorted_tables
    if (columns := [column for column in table.columns if column.name.endswith("_sealed")])
}


def fetch(connection: Connection) -> Iterator[tuple[Table, int, str, Mapping[str, str]]]:
    """Yield table, id, name and encrypted columns of each row that has some, locked until the transaction ends."""
    for table, columns in SEALED.items():
        statement = select(table.c.id, table.c.name, *columns).where(or_(*(each.is_not(None) for each in columns)))
        for row in connection.execute(statement.order_by(table.c.id).with_for_update()).mappings().all():
            yield table, row["id"], row["name"], {each.name: row[each.name] for each in columns if row[each.name]}


def replace(connection: Connection, table: Table, row_id: int, values: Mapping[str, Any]) -> None:
    """Write encrypted columns of a row."""
    connection.execute(update(table).where(table.c.id == row_id).values(values))
