"""Ends a Celery process that must not start."""

import sys
from typing import NoReturn

import structlog

log = structlog.get_logger()
EXIT_CODE = 2


def refuse(what: str, reason: str, logfile: str | None = None) -> NoReturn:
    """End this process with one line on stderr and one in its log file: a detached process has only the latter."""
    if logfile:
        log.critical("start.refused", what=what, reason=reason)
    print(f"nagare: {what}: {reason}", file=sys.stderr)  # noqa: T201
    raise SystemExit(EXIT_CODE)
