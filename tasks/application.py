"""The Celery application."""

import os

from celery import Celery

from app.settings import keep_broker_from_celery
from tasks import garbage_collection as garbage_collection
from tasks import logs as logs
from tasks import refused_commands
from tasks import worker_options as worker_options
from tasks.control import Control
from tasks.recovery import RecoveryStep
from tasks.shutdown import HandBackStep

# Logs and other files of Celery's commands are private. Set here, because Celery creates the log file of a detached
# worker before that worker starts.
os.umask(os.umask(0o077) | 0o027)
keep_broker_from_celery()
refused_commands.check()
celery = Celery("nagare", control=Control)
celery.config_from_object("celeryconfig:configuration")
celery.steps["consumer"].add(RecoveryStep)
celery.steps["worker"].add(HandBackStep)
