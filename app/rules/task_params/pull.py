"""The parameters of pulls from a monitor."""

from typing import ClassVar

from app.enums import Scope, TaskType
from app.rules.task_params.base import HostParams, ItemParams, MonitorParams


class PullHosts(MonitorParams):
    """Pull all hosts of a monitor."""

    type: ClassVar = TaskType.PULL_HOSTS
    is_schedulable: ClassVar = True
    asked_with: ClassVar = Scope.TASKS


class PullItems(MonitorParams):
    """Pull the items of one host, or of all hosts of a monitor."""

    type: ClassVar = TaskType.PULL_ITEMS
    is_schedulable: ClassVar = True
    asked_with: ClassVar = Scope.TASKS

    host_id: int | None = None


class PullHost(HostParams):
    """Pull one host."""

    type: ClassVar = TaskType.PULL_HOST
    asked_with: ClassVar = Scope.TASKS


class PullItem(ItemParams):
    """Pull one item."""

    type: ClassVar = TaskType.PULL_ITEM
    asked_with: ClassVar = Scope.TASKS


class BackfillValues(ItemParams):
    """Read the values that an item had in the last hours from its monitor."""

    type: ClassVar = TaskType.BACKFILL_VALUES
    asked_with: ClassVar = Scope.TASKS

    hours: int
