"""The parameters of messages to people."""

from typing import ClassVar

from app.enums import TaskType
from app.rules.task_params.base import TaskParams


class Notify(TaskParams):
    """Send one message as a notification says."""

    type: ClassVar = TaskType.NOTIFY

    notification_id: int
    test: bool = False
    """A person tries the notification: the message says no more than that."""
