"""The Celery application."""

from celery import Celery

from tasks import commands
from tasks import logs as logs
from tasks import memory as memory
from tasks import worker_options as worker_options
from tasks.control import Control
from tasks.recovery import RecoveryStep
from tasks.shutdown import HandBackStep

commands.check()
celery = Celery("nagare", control=Control)
celery.config_from_object("celeryconfig:configuration")
celery.steps["consumer"].add(RecoveryStep)
celery.steps["worker"].add(HandBackStep)
