"""The parameters of the task that sends a message."""

from typing import ClassVar

from app.enums import Scope, TaskType
from app.rules.task_params.base import TaskParams


class Notify(TaskParams):
    """Send one message of a notification."""

    type: ClassVar = TaskType.NOTIFY
    asked_with: ClassVar = Scope.SETTINGS

    notification_id: int
    test: bool = False
    """Send a test message instead of changes of alerts."""
