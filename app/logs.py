"""How every process logs: to stdout, one line an event, for people or as JSON."""

import logging
import sys
from typing import Any

import structlog

from app import tracing

CHATTY = ("alembic", "celery.app.trace", "celery.worker.strategy", "httpcore", "httpx")
"""What tells at level INFO only noise, addresses with their queries, or that a task which failed `succeeded`."""


def configure(level: str, format: str) -> None:
    """Send the events of nagare and of its libraries to stdout; `format` is `console` or `json`."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        _add_trace_id,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper("iso", utc=True),
    ]
    final: list[Any] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if format == "json"
        else [_fold, structlog.dev.ConsoleRenderer(colors=False, pad_event_to=24)]
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)
    # Not by way of the standard library, which costs several times as much: every task logs.
    structlog.configure(
        processors=[*shared, *final],
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )


def _add_trace_id(_logger: Any, _method: str, event: Any) -> Any:
    trace_id = tracing.trace_id()
    return event if trace_id is None else {**event, "trace_id": trace_id}


def _fold(_logger: Any, _method: str, event: Any) -> Any:
    """Put a library's text of several lines on one; only a traceback is left as it is, for people."""
    return {**event, "event": " ".join(str(event["event"]).split())}
