"""Logging of every process: to stdout or a file, one event per line, for people or as JSON."""

import logging
import sys
from logging.handlers import WatchedFileHandler
from typing import Any, TextIO, cast

import structlog

from app import tracing

CHATTY = ("alembic", "celery.app.trace", "celery.worker.strategy", "httpcore", "httpx")
"""Loggers that at level INFO only produce noise, URLs with their queries, or "succeeded" for a task that failed."""


class Output:
    """The destination of the lines: stdout, or the end of a file, which is reopened after a rotation.

    Loggers keep a reference to it, and so do forked processes, each of which may redirect it.
    """

    def __init__(self) -> None:
        self._stdout: TextIO = sys.stdout
        self._file: WatchedFileHandler | None = None

    def lead_to(self, path: str | None) -> None:
        """Write to the end of this file from now on, or to stdout. Raises OSError."""
        self._stdout = sys.stdout
        self._file = WatchedFileHandler(path, encoding="utf-8") if path else None

    def write(self, text: str) -> None:
        """Write a line."""
        if self._file is None:
            self._stdout.write(text)
            return
        # The handler's own lock, which is free again in a forked process.
        self._file.acquire()
        try:
            self._file.reopenIfNeeded()
            self._stream().write(text)
        finally:
            self._file.release()

    def flush(self) -> None:
        """Flush."""
        self._stream().flush()

    def _stream(self) -> TextIO:
        # Python closes a handler's stream at the end of the process.
        return (self._file and self._file.stream) or self._stdout


_output = Output()


def configure(level: str, format: str, path: str | None = None) -> None:
    """Log the events of nagare and its libraries to stdout, or to the end of a file.

    `format` is `console` or `json`. Raises OSError when the file is not writable.
    """
    _output.lead_to(path)
    shared = _shared()
    final: list[Any] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if format == "json"
        else _for_people()
    )
    handler = logging.StreamHandler(_output)
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
    # Not through the standard library, which costs several times as much: every task logs.
    structlog.configure(
        processors=[*shared, *final],
        logger_factory=structlog.WriteLoggerFactory(cast(TextIO, _output)),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )


def configure_command() -> None:
    """Log the events of nagare to stderr, for people: standard output belongs to the command's result."""
    structlog.reset_defaults()
    structlog.configure(
        processors=[*_shared(), *_for_people()], logger_factory=lambda *_: structlog.PrintLogger(sys.stderr)
    )


def _shared() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        _add_trace_id,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper("iso", utc=True),
    ]


def _for_people() -> list[Any]:
    # All other formatters that structlog chooses from print local variables, including secrets.
    plain = structlog.dev.plain_traceback
    return [_fold, structlog.dev.ConsoleRenderer(colors=False, pad_event_to=24, exception_formatter=plain)]


def _add_trace_id(_logger: Any, _method: str, event: Any) -> Any:
    trace_id = tracing.trace_id()
    return event if trace_id is None else {**event, "trace_id": trace_id}


def _fold(_logger: Any, _method: str, event: Any) -> Any:
    """Join a library's multi-line text to one line; only a traceback stays as it is, for people."""
    return {**event, "event": " ".join(str(event["event"]).split())}
