"""The Celery application."""

import logging
from typing import Any

from billiard.util import get_logger as billiard_logger
from celery import Celery
from celery.signals import celeryd_init, setup_logging

from app import logs
from app.settings import settings_or_exit
from tasks import memory as memory
from tasks import shutdown as shutdown
from tasks.recovery import RecoveryStep

celery = Celery("nagare")
celery.config_from_object("celeryconfig")
celery.steps["consumer"].add(RecoveryStep)


@celeryd_init.connect
def _begin_to_log(instance: Any, **_: Any) -> None:
    """Log before Celery's first words; its banner is for people, not for what reads JSON."""
    _configure_logs()
    instance.quiet = instance.quiet or settings_or_exit().log_format == "json"


@setup_logging.connect
def _configure_logs(**_: Any) -> None:
    settings = settings_or_exit()
    logs.configure(settings.log_level, settings.log_format)
    # Without a handler of its own it would print past all others.
    billiard_logger().propagate = True
    billiard_logger().setLevel(logging.WARNING)
