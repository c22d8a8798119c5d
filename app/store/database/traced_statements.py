"""A span for each SQL statement: its text, never its parameters."""

from typing import Any

from sqlalchemy import Engine, event

from app import tracing

LONGEST_TEXT = 2000
SPAN = "nagare_span"


def trace_statements(engine: Engine) -> None:
    """Make a span of every statement that this engine executes."""
    system = engine.dialect.name

    @event.listens_for(engine, "before_cursor_execute")
    def _begin(_connection: Any, _cursor: Any, statement: str, _parameters: Any, context: Any, _is_many: bool) -> None:
        text = statement[:LONGEST_TEXT]
        about = {"db.system.name": system, "db.query.text": text}
        context.nagare_span = tracing.begin(" ".join(text.split(None, 1)[:1]).upper() or "SQL", about)

    @event.listens_for(engine, "after_cursor_execute")
    def _end(_connection: Any, _cursor: Any, _statement: str, _parameters: Any, context: Any, _is_many: bool) -> None:
        context.nagare_span.end()

    @event.listens_for(engine, "handle_error")
    def _end_in_error(failure: Any) -> None:
        if failure.execution_context is not None and hasattr(failure.execution_context, SPAN):
            failure.execution_context.nagare_span.end(failure.original_exception)
