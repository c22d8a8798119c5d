"""Many rows handed to one statement as a table named `given`, several times as fast as the drivers' own ways."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection

SQLITE_ROWS = 100
"""More at once win nothing, and SQLite prepares each number of rows anew."""

Kinds = Mapping[str, str]
"""PostgreSQL's types of columns, by their names: `text` too for what is shorter, which a cast would cut off."""


def execute_given(
    connection: Connection,
    statement: str,
    kinds: Kinds,
    rows: Sequence[Sequence[Any]],
    shared: Mapping[str, Any] | None = None,
) -> list[tuple[Any, ...]]:
    """Run a statement that selects from `given`, and return what it returns.

    `given` has the columns of `kinds`; a row has its values in their order, all rows those in `shared` after them.
    Values are those that the driver takes; `stored_moment` makes one of a moment.
    """
    shared = shared or {}
    own = tuple(name for name in kinds if name not in shared)
    if connection.dialect.name == "postgresql":
        arrays = ([*column] for column in zip(*rows, strict=True))
        head = _postgresql_head(tuple(kinds.items()), tuple(shared))
        return _returned(connection, f"{head} {statement}", (*arrays, *shared.values()))
    answers: list[tuple[Any, ...]] = []
    for start in range(0, len(rows), SQLITE_ROWS):
        page = rows[start : start + SQLITE_ROWS]
        head = _sqlite_head(own, tuple(shared), len(page))
        answers += _returned(connection, f"{head} {statement}", (*chain.from_iterable(page), *shared.values()))
    return answers


def stored_moment(dialect: str, moment: datetime | None) -> datetime | str | None:
    """Return what the driver takes for a moment."""
    if moment is None or dialect == "postgresql":
        return moment
    return moment.astimezone(UTC).isoformat(" ", "microseconds")[:26]


def moment_reader(dialect: str) -> Callable[[Any], datetime | None]:
    """Return what makes a moment of what the driver hands back, for the rows of a page: many were measured at once."""
    return _identity if dialect == "postgresql" else cache(_parsed)


def _parsed(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(f"{text}+00:00")


def _identity(moment: datetime | None) -> datetime | None:
    return moment


def _returned(connection: Connection, statement: str, parameters: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    result = connection.exec_driver_sql(statement, parameters)
    return [*result.all()] if result.returns_rows else []


@cache
def _postgresql_head(kinds: tuple[tuple[str, str], ...], shared: tuple[str, ...]) -> str:
    own = {name: kind for name, kind in kinds if name not in shared}
    arrays = ", ".join(f"%b::{kind}[]" for kind in own.values())
    listed = f"SELECT * FROM unnest({arrays}) AS listed ({', '.join(own)})"  # noqa: S608 - all of it is ours
    marks = "".join(f", %b::{dict(kinds)[name]} AS {name}" for name in shared)
    return f"WITH listed AS ({listed}), given AS (SELECT *{marks} FROM listed)"  # noqa: S608


@cache
def _sqlite_head(own: tuple[str, ...], shared: tuple[str, ...], count: int) -> str:
    rows = ", ".join([f"({', '.join('?' * len(own))})"] * count)
    marks = "".join(f", ? AS {name}" for name in shared)
    return f"WITH listed ({', '.join(own)}) AS (VALUES {rows}), given AS (SELECT *{marks} FROM listed)"  # noqa: S608
