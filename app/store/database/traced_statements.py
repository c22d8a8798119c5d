"""Records a span for each SQL statement: with its text, never with its parameters."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal

from sqlalchemy import Engine, event

from app import tracing

LONGEST_TEXT, LONGEST_OPERATION = 2000, 20


def statement_span(system: str, text: str, count: int = 1) -> AbstractContextManager[tracing.Span]:
    """Record a span for the block, in which a statement is executed `count` times."""
    text = text[:LONGEST_TEXT]
    about: dict[str, str | int] = {"db.system.name": system, "db.query.text": text}
    if count > 1:
        about["db.operation.batch.size"] = count
    operation = text[:LONGEST_OPERATION].split(None, 1)[:1] or ["SQL"]
    return tracing.span(operation[0].upper(), about, "client")


def trace_statements(engine: Engine) -> None:
    """Record a span for every statement that this engine executes."""
    dialect = engine.dialect

    @event.listens_for(engine, "do_execute")
    def _execute(cursor: Any, statement: str, parameters: Any, context: Any) -> Literal[True]:
        with statement_span(dialect.name, statement):
            dialect.do_execute(cursor, statement, parameters, context)
        return True

    @event.listens_for(engine, "do_executemany")
    def _execute_many(cursor: Any, statement: str, parameters: Sequence[Any], context: Any) -> Literal[True]:
        with statement_span(dialect.name, statement, len(parameters)):
            dialect.do_executemany(cursor, statement, parameters, context)
        return True
