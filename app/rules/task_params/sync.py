"""The parameters of the task that consists of others."""

from typing import ClassVar

from app.enums import TaskType
from app.rules.task_params.base import MonitorParams


class Sync(MonitorParams):
    """Pull hosts, items and alerts of a monitor, each by a task of its own."""

    type: ClassVar = TaskType.SYNC
    is_schedulable: ClassVar = True
