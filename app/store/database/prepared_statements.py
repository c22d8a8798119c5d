"""The ledger's statements that every request and every task needs, compiled once.

SQLAlchemy takes ten times as long to execute a small statement as SQLite to run it. A statement must not need work at
execution: no lists in `IN`, no Python defaults. All methods raise what `Connection.execute` raises.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Select, Table

from app.store.database import driver_calls
from app.store.database.compiled_statements import CompiledOnce, Values
from app.store.database.single_statements import CanRun, connection_of


class Prepared:
    """A statement that writes or locks; `keys` are the columns of an INSERT."""

    def __init__(self, statement: Any, keys: Sequence[str] | None = None) -> None:
        self.statement = statement
        self._compiled = CompiledOnce(statement, keys)

    def run(self, on: CanRun, values: Values) -> int:
        """Execute it; return how many rows it changed."""
        connection = connection_of(on)
        compiled = self._compiled.on(connection.dialect)
        return driver_calls.execute(connection, compiled.text, compiled.bind(values))

    def run_each(self, connection: Connection, rows: Sequence[Values]) -> int:
        """Execute it for each of several rows, in a transaction; return the total number of changed rows."""
        if not rows:
            return 0
        compiled = self._compiled.on(connection.dialect)
        return driver_calls.execute_many(connection, compiled.text, [compiled.bind(row) for row in rows])

    def find(self, on: CanRun, values: Values) -> Values | None:
        """Execute it; return the only row, or None."""
        connection = connection_of(on)
        return driver_calls.find_row(connection, self._compiled.on(connection.dialect), values)

    def find_locked(self, lock: "Prepared", on: CanRun, values: Values) -> Values | None:
        """Execute `lock` and then this one, each with its part of the values; return this one's row, or None.

        PostgreSQL gets both in one round trip, and this one sees what others committed while `lock` waited. SQLite has
        one writer at a time, and gets only this one.
        """
        connection = connection_of(on)
        if connection.dialect.name == "sqlite":
            return driver_calls.find_row(connection, self._compiled.on(connection.dialect), values)
        first, compiled = lock._compiled.on(connection.dialect), self._compiled.on(connection.dialect)
        before = (first.text, first.bind(values))
        rows = driver_calls.fetch_after(connection, before, compiled.text, compiled.bind(values))
        return compiled.row(rows[0]) if rows else None


class PreparedInsert:
    """An INSERT into `columns` of the result of a SELECT, for several rows of parameters."""

    def __init__(self, table: Table, columns: Sequence[str], row: Select[*tuple[Any, ...]]) -> None:
        self._table = table
        self._columns = columns
        self._row = CompiledOnce(row)
        self._inserts: dict[str, str] = {}

    def add(self, on: CanRun, rows: Sequence[Values]) -> int:
        """Insert the rows, all or none; return the number of rows inserted."""
        if not rows:
            return 0
        connection = connection_of(on)
        row = self._row.on(connection.dialect)
        bound = [row.bind(values) for values in rows]
        insert = self._inserts.get(connection.dialect.name) or self._write_insert(connection.dialect)
        if connection.dialect.name == "sqlite":
            # A single statement: with several, others would wait for its lock while this thread waits for the GIL.
            every = " UNION ALL ".join([row.text] * len(rows))
            return driver_calls.execute(connection, f"{insert} {every}", [value for each in bound for value in each])
        return driver_calls.execute_many(connection, f"{insert} {row.text}", bound)

    def _write_insert(self, dialect: Dialect) -> str:
        """Write what comes before the SELECT, and keep it."""
        prepare = dialect.identifier_preparer
        columns = ", ".join(prepare.format_column(self._table.c[name]) for name in self._columns)
        text = self._inserts[dialect.name] = f"INSERT INTO {prepare.format_table(self._table)} ({columns})"
        return text
