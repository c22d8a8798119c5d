"""The task that sends a notification message."""

from collections.abc import Mapping
from typing import Any

from app.rules.task_params.notify import Notify
from tasks.base import Run, task


@task(Notify)
def notify(run: Run[Notify]) -> Mapping[str, Any]:
    """Send one message of a notification."""
    return run.services.response.notification_delivery.send(run.task_id, run.params.notification_id, run.params.test)
