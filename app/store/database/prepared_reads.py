"""Reads that nearly every request does, and reads of very many rows in pulls, compiled once."""

from typing import Any

from sqlalchemy import Select

from app.store.database import driver_calls
from app.store.database.compiled_statements import CompiledOnce, Values
from app.store.database.driver_calls import Rows
from app.store.database.single_statements import CanRead, connection_of


class PreparedRead:
    """A SELECT without locks."""

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self._compiled = CompiledOnce(statement)

    def find(self, on: CanRead, values: Values) -> Values | None:
        """Execute it; return the only row, or None."""
        connection = connection_of(on)
        return driver_calls.find_row(connection, self._compiled.on(connection.dialect), values)

    def fetch(self, on: CanRead, values: Values) -> Rows:
        """Execute it; return all rows as the driver returns them, for reads of very many."""
        connection = connection_of(on)
        compiled = self._compiled.on(connection.dialect)
        return driver_calls.fetch(connection, compiled.text, compiled.bind(values))
