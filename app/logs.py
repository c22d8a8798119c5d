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
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper("iso", utc=True),
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if format == "json"
        else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=24)
    )
    final: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if format == "json":
        final.append(structlog.processors.format_exc_info)
    else:
        final.append(_fold)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[*final, renderer]))
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _add_trace_id(_logger: Any, _method: str, event: Any) -> Any:
    trace_id = tracing.trace_id()
    return event if trace_id is None else {**event, "trace_id": trace_id}


def _fold(_logger: Any, _method: str, event: Any) -> Any:
    """Put a library's text of several lines on one; only a traceback is left as it is, for people."""
    return {**event, "event": " ".join(str(event["event"]).split())}
