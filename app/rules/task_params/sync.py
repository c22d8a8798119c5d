"""The parameters of the parent task of a sync."""

from typing import ClassVar

from app.enums import Scope, TaskType
from app.rules.task_params.base import MonitorParams


class Sync(MonitorParams):
    """Pull hosts, items and alerts of a monitor with one child task each."""

    type: ClassVar = TaskType.SYNC
    is_schedulable: ClassVar = True
    asked_with: ClassVar = Scope.TASKS
