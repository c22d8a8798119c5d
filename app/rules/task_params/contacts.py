"""The parameters of the task that sends a code or a test message to a channel."""

from typing import ClassVar

from app.enums import TaskType
from app.rules.task_params.base import TaskParams


class TryChannel(TaskParams):
    """Send a test message to a channel, or the code by which a person shows that it is the own one."""

    type: ClassVar = TaskType.TRY_CHANNEL

    channel_id: int
    code: bool = False
    """Whether to send the code, which is in the channel's row and nowhere else."""
