"""A statement compiled for one database: its text, its parameters and its result columns."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement

Convert = Callable[[Any], Any] | None
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement in the driver's terms."""

    text: str
    is_positional: bool
    parameters: Sequence[tuple[str, Any, Convert]]
    """Name, default value and conversion to the driver's type."""
    columns: Sequence[tuple[str, Convert]]

    def bind(self, values: Values) -> Any:
        """Return the parameters for the driver."""
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
        """Return a row of the driver as SQLAlchemy would."""
        return {
            name: value if convert is None else convert(value)
            for (name, convert), value in zip(self.columns, values, strict=True)
        }


class CompiledOnce:
    """A statement with its compiled form for each database; `keys` are the columns of an INSERT."""

    def __init__(self, statement: ClauseElement, keys: Sequence[str] | None = None) -> None:
        self.statement = statement
        self._keys = None if keys is None else list(keys)
        self._compiled: dict[str, Compiled] = {}

    def on(self, dialect: Dialect) -> Compiled:
        """Return the form for a database."""
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _compile(self.statement, dialect, self._keys)
        return compiled


def _compile(statement: ClauseElement, dialect: Dialect, keys: list[str] | None) -> Compiled:
    compiled = cast(SQLCompiler, statement.compile(dialect=dialect, column_keys=keys))
    types = {name: each.type.dialect_impl(dialect) for each, name in compiled.bind_names.items()}
    defaults = compiled.construct_params(_check=False)
    names = compiled.positiontup if compiled.positional else list(types)
    columns: Iterable[Any] = getattr(statement, "exported_columns", ())
    return Compiled(
        text=compiled.string,
        is_positional=compiled.positional,
        parameters=[(name, defaults[name], types[name].bind_processor(dialect)) for name in names or ()],
        columns=[(each.key, each.type.dialect_impl(dialect).result_processor(dialect, None)) for each in columns],
    )
