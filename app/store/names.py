"""Whether a name is free, for tables whose names are unique."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, select
from sqlalchemy.sql.base import ReadOnlyColumnCollection


def is_taken(
    connection: Connection,
    columns: ReadOnlyColumnCollection[str, Any],
    name: str,
    except_id: int | None = None,
    *conditions: ColumnElement[bool],
) -> bool:
    """Return whether another row than `except_id` has this name, among those for which the conditions hold."""
    statement = select(columns["id"]).where(columns["name"] == name, *conditions)
    if except_id is not None:
        statement = statement.where(columns["id"] != except_id)
    return connection.execute(statement).first() is not None
