"""Statements that every request and every task needs, handed to the driver without SQLAlchemy in between."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement

from app.store.database.sqlite_lock import retry_while_locked
from app.store.database.traced_statements import statement_span

Convert = Callable[[Any], Any] | None


@dataclass(frozen=True, slots=True)
class _Ready:
    """A statement in the words of one database: its text, what goes in and what comes out."""

    text: str
    is_positional: bool
    parameters: Sequence[tuple[str, Any, Convert]]
    """The name, the value that is meant when none is given, and what makes of a value what the driver takes."""
    columns: Sequence[tuple[str, Convert]]

    def bind(self, values: Mapping[str, Any]) -> Any:
        bound = [
            values.get(name, default) if convert is None else convert(values.get(name, default))
            for name, default, convert in self.parameters
        ]
        return (
            bound
            if self.is_positional
            else {name: value for (name, *_), value in zip(self.parameters, bound, strict=True)}
        )

    def row(self, values: Sequence[Any]) -> dict[str, Any]:
        return {
            name: value if convert is None else convert(value)
            for (name, convert), value in zip(self.columns, values, strict=True)
        }


class Prepared:
    """A statement that is worked out once.

    For SQLAlchemy to execute a small one takes ten times as long as for SQLite to run it. It may need nothing that is
    done at execution: no lists in `IN`, no defaults from Python; `keys` are the columns of an INSERT. Every method
    raises the same errors as `Connection.execute`.
    """

    def __init__(self, statement: Any, keys: Sequence[str] | None = None) -> None:
        self._statement = statement
        self._keys = None if keys is None else list(keys)
        self._ready: dict[str, _Ready] = {}

    def run(self, connection: Connection, values: Mapping[str, Any]) -> int:
        """Execute it; return how many rows it changed."""
        ready = self._ready_for(connection.dialect)
        return int(self._execute(connection, ready.text, ready.bind(values))[0])

    def run_each(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Execute it for each of several rows, inside a transaction; return how many it changed, together."""
        if not rows:
            return 0
        ready = self._ready_for(connection.dialect)
        return self._execute(connection, ready.text, [ready.bind(row) for row in rows], is_many=True)[0]

    def run_all(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Execute an INSERT of a SELECT for all rows at once; return how many it changed, together."""
        if connection.dialect.name != "sqlite" or not rows:
            return self.run_each(connection, rows)
        ready = self._ready_for(connection.dialect)
        insert, select, values = ready.text.partition("SELECT")
        text = insert + " UNION ALL ".join([select + values] * len(rows))
        return self._execute(connection, text, [value for row in rows for value in ready.bind(row)])[0]

    def find(self, connection: Connection, values: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Execute it; return the only row, or None."""
        ready = self._ready_for(connection.dialect)
        _, rows = self._execute(connection, ready.text, ready.bind(values), is_read=True)
        return ready.row(rows[0]) if rows else None

    def fetch(self, connection: Connection, values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """Execute it; return all rows as the driver hands them out, for those who read very many."""
        ready = self._ready_for(connection.dialect)
        _, rows = self._execute(connection, ready.text, ready.bind(values), is_read=True)
        return rows

    def find_after(
        self, first: "Prepared", connection: Connection, values: Mapping[str, Any]
    ) -> Mapping[str, Any] | None:
        """Execute `first` and then this one, each with what it needs of the values; return this one's row, or None.

        For PostgreSQL, which gets both at once, and sees for this one what others committed while `first` waited.
        """
        before, ready = first._ready_for(connection.dialect), self._ready_for(connection.dialect)
        _, rows = self._execute(
            connection, ready.text, ready.bind(values), before=(before.text, before.bind(values)), is_read=True
        )
        return ready.row(rows[0]) if rows else None

    def _execute(
        self,
        connection: Connection,
        text: str,
        bound: Any,
        *,
        before: tuple[str, Any] | None = None,
        is_many: bool = False,
        is_read: bool = False,
    ) -> tuple[int, Sequence[Sequence[Any]]]:
        dialect = connection.dialect
        errors: type[Exception] = dialect.loaded_dbapi.Error
        cursor = connection.connection.cursor()
        try:
            told = text if before is None else f"{before[0]}; {text}"
            with statement_span(dialect.name, told, len(bound) if is_many else 1):
                if before is not None:
                    driver: Any = connection.connection.driver_connection
                    with driver.pipeline():
                        driver.execute(*before)
                        cursor.execute(text, bound)
                elif is_many:
                    cursor.executemany(text, bound)
                elif dialect.name == "sqlite":
                    retry_while_locked(cursor.execute, text, bound)
                else:
                    cursor.execute(text, bound)
                # To the end, where a statement that is a transaction is committed, which may fail.
                rows = cursor.fetchall() if is_read else []
            return cursor.rowcount, rows
        except errors as error:
            is_lost = dialect.is_disconnect(cast(Any, error), connection.connection, cast(Any, cursor))
            if is_lost:
                connection.invalidate(error)
            raise DBAPIError.instance(
                text, None, error, errors, hide_parameters=True, connection_invalidated=is_lost, dialect=dialect
            ) from error
        finally:
            cursor.close()

    def _ready_for(self, dialect: Dialect) -> _Ready:
        ready = self._ready.get(dialect.name)
        if ready is None:
            ready = self._ready[dialect.name] = _work_out(self._statement, dialect, self._keys)
        return ready


def _work_out(statement: ClauseElement, dialect: Dialect, keys: list[str] | None) -> _Ready:
    compiled = cast(SQLCompiler, statement.compile(dialect=dialect, column_keys=keys))
    types = {name: each.type.dialect_impl(dialect) for each, name in compiled.bind_names.items()}
    defaults = compiled.construct_params(_check=False)
    names = compiled.positiontup if compiled.positional else list(types)
    columns: Iterable[Any] = getattr(statement, "exported_columns", ())
    return _Ready(
        text=compiled.string,
        is_positional=compiled.positional,
        parameters=[(name, defaults[name], types[name].bind_processor(dialect)) for name in names or ()],
        columns=[(each.name, each.type.dialect_impl(dialect).result_processor(dialect, None)) for each in columns],
    )
