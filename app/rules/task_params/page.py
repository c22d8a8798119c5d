"""The parameters of the tasks that page people."""

from typing import ClassVar

from app.enums import TaskType
from app.rules.task_params.base import TaskParams


class PageStep(TaskParams):
    """Take a step of a page, if it is the next one."""

    type: ClassVar = TaskType.PAGE_STEP

    page_id: int
    round: int
    step: int


class SendPage(TaskParams):
    """Send a message of a page, with all others that are due at its channel."""

    type: ClassVar = TaskType.SEND_PAGE

    delivery_id: int
