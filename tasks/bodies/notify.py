"""The task that sends a notification message."""

from collections.abc import Mapping
from typing import Any

from app.enums import TaskType
from tasks.base import Run, task


@task(TaskType.NOTIFY)
def notify(run: Run) -> Mapping[str, Any]:
    """Send one message of a notification."""
    return run.services.response.notification_delivery.send(run.task_id, **run.params)
