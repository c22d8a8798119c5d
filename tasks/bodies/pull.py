"""Tasks that read from monitors."""

from collections.abc import Mapping

from app.enums import TaskType
from tasks.base import Run, task


@task(TaskType.PULL_HOSTS)
def pull_hosts(run: Run) -> Mapping[str, int]:
    """Pull all hosts of a monitor."""
    return run.services.inventory.pulls.hosts(**run.params, step=run.step)


@task(TaskType.PULL_ITEMS)
def pull_items(run: Run) -> Mapping[str, int]:
    """Pull the items of one host or of all hosts of a monitor."""
    return run.services.inventory.pulls.items(**run.params, step=run.step)


@task(TaskType.PULL_HOST)
def pull_host(run: Run) -> Mapping[str, int]:
    """Pull one host."""
    return run.services.inventory.pulls.host(**run.params, step=run.step)


@task(TaskType.PULL_ITEM)
def pull_item(run: Run) -> Mapping[str, int]:
    """Pull one item."""
    return run.services.inventory.pulls.item(**run.params, step=run.step)
