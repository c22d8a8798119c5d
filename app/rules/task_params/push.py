"""The parameters of pushes to a monitor."""

from typing import ClassVar

from app.enums import Scope, TaskType
from app.rules.task_params.base import HostParams, ItemParams, MonitorParams


class PushHost(HostParams):
    """Write a host's editable fields to its monitor."""

    type: ClassVar = TaskType.PUSH_HOST
    asked_with: ClassVar = Scope.TASKS

    force: bool = False
    """Overwrite changes made at the monitor since the last pull."""


class PushItem(ItemParams):
    """Write an item's editable fields to its monitor."""

    type: ClassVar = TaskType.PUSH_ITEM
    asked_with: ClassVar = Scope.TASKS

    force: bool = False
    """As for a host."""


class PushMaintenance(MonitorParams):
    """Let a monitor have what is wanted there of a maintenance window, or take it back."""

    type: ClassVar = TaskType.PUSH_MAINTENANCE

    window_id: int
