"""Logging of Celery's processes: in nagare's format, to where `--logfile` and `--loglevel` say."""

import logging
from collections.abc import Mapping
from typing import Any

import click
from billiard.util import get_logger as billiard_logger
from celery.signals import celeryd_init, setup_logging
from celery.utils.nodenames import node_format
from click.core import ParameterSource

from app import logs
from app.settings import settings_or_exit
from tasks.refusal import refuse


@celeryd_init.connect
def _begin_to_log(instance: Any, options: Mapping[str, Any], **_: Any) -> None:
    """Configure logging before Celery's first lines; its banner would break JSON logs."""
    logfile = options.get("logfile")
    _configure(node_format(logfile, instance.hostname) if logfile else None)
    instance.quiet = instance.quiet or settings_or_exit().log_format == "json"


@setup_logging.connect
def _configure(logfile: str | None = None, **_: Any) -> None:
    settings = settings_or_exit()
    try:
        logs.configure(_given_level() or settings.log_level, settings.log_format, logfile)
    except OSError as error:
        refuse(f"--logfile {logfile}", str(error.strerror))
    # Without its own handler it would print with the default format.
    billiard_logger().propagate = True
    billiard_logger().setLevel(logging.WARNING)


def _given_level() -> str | None:
    """Return the level of `--loglevel`, ignoring Celery's default."""
    context = click.get_current_context(silent=True)
    if context is None or context.get_parameter_source("loglevel") in (None, ParameterSource.DEFAULT):
        return None
    return str(logging.getLevelName(context.params["loglevel"]))
