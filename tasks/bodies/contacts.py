"""The task that sends a code or a test message to a channel."""

from collections.abc import Mapping
from typing import Any

from app.rules.task_params.contacts import TryChannel
from tasks.base import Run, task


@task(TryChannel)
def try_channel(run: Run[TryChannel]) -> Mapping[str, Any]:
    """Send a test message or the code to a channel."""
    return run.services.contacts.trials.send(run.task_id, run.params.channel_id, is_code=run.params.code)
