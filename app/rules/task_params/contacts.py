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
    account: str | None = None
    """Whose account in a chat it is to be, and its id, encrypted; None for the channel's own code."""


class AnswerChat(TaskParams):
    """Tell a person in a chat why a click did nothing."""

    type: ClassVar = TaskType.ANSWER_CHAT

    channel_id: int
    answer: str
    """Encrypted: the chat, the person, and the text."""
