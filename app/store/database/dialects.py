"""Differences between the SQL of SQLite and PostgreSQL that SQLAlchemy does not hide."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Dialect,
    Table,
    Text,
    any_,
    bindparam,
    func,
    literal,
    select,
    true,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects import postgresql, sqlite

from app.models import Base

Insert = postgresql.Insert | sqlite.Insert
DIALECTS: Mapping[str, Callable[[], Dialect]] = {"postgresql": postgresql.dialect, "sqlite": sqlite.dialect}


def table_of(model: type[Base]) -> Table:
    """Return a model's table, with its type."""
    return cast(Table, model.__table__)


def dialect_insert(connection: Connection, model: type[Base]) -> Insert:
    """Return the dialect's own INSERT, which supports ON CONFLICT."""
    return insert_into(connection.dialect.name, model)


def insert_into(dialect: str, model: type[Base]) -> Insert:
    """Return the same for the dialect of this name."""
    table = table_of(model)
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def insert_bulk(dialect: str, model: type[Base], values: Mapping[str, ColumnElement[Any]]) -> Insert:
    """Return an INSERT with these column expressions, for a statement that selects from `input_rows`."""
    # Without a WHERE, SQLite parses ON CONFLICT as the ON of a join.
    source = select(*values.values()).where(true())
    return insert_into(dialect, model).from_select([*values], source, include_defaults=False)


def dialect_of(name: str) -> Dialect:
    """Return the SQLAlchemy dialect that compiles statements for this database."""
    return DIALECTS[name]()


def is_listed(connection: Connection, column: ColumnElement[Any], ids: str) -> ColumnElement[bool]:
    """Return the condition that a column is one of these ids, written with commas between them.

    However many there are, they are one parameter: both databases limit the number of parameters.
    """
    if connection.dialect.name == "postgresql":
        return column == any_(sql_cast(literal(f"{{{ids}}}", Text), ARRAY(BigInteger)))
    listed = func.json_each(literal(f"[{ids}]", Text)).table_valued("value")
    return column.in_(select(listed.c.value))


def is_among(connection: Connection, column: ColumnElement[Any], texts: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a column is one of these texts, which are one parameter too."""
    if connection.dialect.name == "postgresql":
        return column == any_(bindparam(None, list(texts), ARRAY(Text)))
    listed = func.json_each(literal(json.dumps(texts), Text)).table_valued("value")
    return column.in_(select(listed.c.value))
