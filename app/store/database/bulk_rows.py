"""Passes many rows to one statement as a table named `input_rows`, several times as fast as the drivers do."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection

from app.store.database.driver_calls import open_cursor

SQLITE_ROWS = 100
"""More rows gain nothing, and SQLite prepares the statement anew for each number of rows."""

JOINED = ("text", "bigint", "boolean", "double precision")
"""Types whose values PostgreSQL receives as one text; Python writes each value as PostgreSQL reads it."""
MOMENT = "timestamptz"
SEPARATOR, ABSENT = "\x1f", "\x1e"
SPLIT_TEXT = "string_to_array(%t, chr(31), chr(30))"

Kinds = Mapping[str, str]
"""PostgreSQL's types by column name; `text` also for shorter types, since a cast to those would truncate."""


def execute_bulk(
    connection: Connection,
    statement: str,
    kinds: Kinds,
    rows: Sequence[Sequence[Any]],
    shared: Mapping[str, Any] | None = None,
) -> list[tuple[Any, ...]]:
    """Run a statement that selects from `input_rows`, and return its rows.

    `input_rows` has the columns of `kinds`: first those of each row, in its order, then those of `shared`, the
    same for all rows. Times are converted here; all other values must be of the driver's types.
    """
    shared = shared or {}
    own = tuple(name for name in kinds if name not in shared)
    if connection.dialect.name == "postgresql":
        columns = {
            name: _joined(kinds[name], column) or [*column]
            for name, column in zip(own, zip(*rows, strict=True), strict=True)
        }
        in_texts = tuple(name for name, column in columns.items() if isinstance(column, str))
        head = _postgresql_head(tuple(kinds.items()), tuple(shared), in_texts)
        return _returned(connection, f"{head} {statement}", (*columns.values(), *shared.values()))
    common = _stored(shared.values(), [kinds[name] for name in shared])
    own_kinds = [kinds[name] for name in own]
    answers: list[tuple[Any, ...]] = []
    for start in range(0, len(rows), SQLITE_ROWS):
        page = rows[start : start + SQLITE_ROWS]
        head = _sqlite_head(own, tuple(shared), len(page))
        answers += _returned(
            connection, f"{head} {statement}", (*_stored(chain.from_iterable(page), own_kinds), *common)
        )
    return answers


def copy_rows(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows into a table of PostgreSQL with COPY. Raises what `Connection.execute` raises."""
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    with open_cursor(connection, statement) as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def stored_moment(dialect: str, moment: datetime | None) -> datetime | str | None:
    """Convert a time to what the driver stores."""
    if moment is None or dialect == "postgresql":
        return moment
    return moment.astimezone(UTC).isoformat(" ", "microseconds")[:26]


def _stored(values: Iterable[Any], kinds: Sequence[str]) -> list[Any]:
    """Convert the values of rows, one row after the other, to what SQLite stores."""
    stored = [*values]
    for at, kind in enumerate(kinds):
        if kind == MOMENT:
            stored[at :: len(kinds)] = [stored_moment("sqlite", moment) for moment in stored[at :: len(kinds)]]
    return stored


def moment_reader(dialect: str) -> Callable[[Any], datetime | None]:
    """Return the conversion of the driver's times; it caches, since many rows of a page share a time."""
    return _identity if dialect == "postgresql" else cache(_parsed)


def _parsed(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(f"{text}+00:00")


def _identity(moment: datetime | None) -> datetime | None:
    return moment


def _returned(connection: Connection, statement: str, parameters: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    result = connection.exec_driver_sql(statement, parameters)
    return [*result.all()] if result.returns_rows else []


def _joined(kind: str, column: Sequence[Any]) -> str | None:
    """Return a column as one text that PostgreSQL splits, or None if that would be ambiguous.

    The driver writes an array value by value, which took a sixth of a first pull.
    """
    if kind not in JOINED:
        return None
    absent = column.count(None)
    is_plain = kind == "text" and not absent
    text = SEPARATOR.join(column if is_plain else [ABSENT if value is None else str(value) for value in column])
    is_unambiguous = text.count(SEPARATOR) == len(column) - 1 and text.count(ABSENT) == absent
    # An empty text would be read as no value.
    return text if text and is_unambiguous else None


@cache
def _postgresql_head(kinds: tuple[tuple[str, str], ...], shared: tuple[str, ...], in_texts: tuple[str, ...]) -> str:
    own = {name: kind for name, kind in kinds if name not in shared}
    arrays = ", ".join(f"{SPLIT_TEXT if name in in_texts else '%b'}::{kind}[]" for name, kind in own.items())
    listed = f"SELECT * FROM unnest({arrays}) AS listed ({', '.join(own)})"  # noqa: S608 - all of it is ours
    marks = "".join(f", %b::{dict(kinds)[name]} AS {name}" for name in shared)
    return f"WITH listed AS ({listed}), input_rows AS (SELECT *{marks} FROM listed)"  # noqa: S608


@cache
def _sqlite_head(own: tuple[str, ...], shared: tuple[str, ...], count: int) -> str:
    rows = ", ".join([f"({', '.join('?' * len(own))})"] * count)
    marks = "".join(f", ? AS {name}" for name in shared)
    return f"WITH listed ({', '.join(own)}) AS (VALUES {rows}), input_rows AS (SELECT *{marks} FROM listed)"  # noqa: S608
