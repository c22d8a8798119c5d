"""The Celery application."""

from typing import Any

from celery import Celery
from celery.signals import setup_logging

from app import logs
from app.settings import settings_or_exit
from tasks import shutdown as shutdown
from tasks.recovery import RecoveryStep

celery = Celery("nagare")
celery.config_from_object("celeryconfig")
celery.steps["consumer"].add(RecoveryStep)


@setup_logging.connect
def _configure_logs(**_: Any) -> None:
    settings = settings_or_exit()
    logs.configure(settings.log_level, settings.log_format)
