"""Tasks that write to monitors."""

from collections.abc import Mapping

from app.enums import TaskType
from tasks.base import Run, task


@task(TaskType.PUSH_HOST)
def push_host(run: Run) -> Mapping[str, int]:
    """Write a host's editable fields to its monitor."""
    return run.services.inventory.pushes.host(**run.params, step=run.step)


@task(TaskType.PUSH_ITEM)
def push_item(run: Run) -> Mapping[str, int]:
    """Write an item's editable fields to its monitor."""
    return run.services.inventory.pushes.item(**run.params, step=run.step)
