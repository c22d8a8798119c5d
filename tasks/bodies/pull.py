"""Tasks that read from monitors."""

from collections.abc import Mapping

from app.rules.task_params.pull import PullHost, PullHosts, PullItem, PullItems
from tasks.base import Run, task


@task(PullHosts)
def pull_hosts(run: Run[PullHosts]) -> Mapping[str, int]:
    """Pull all hosts of a monitor."""
    return run.services.inventory.pulls.hosts(run.params.monitor_id, run.step)


@task(PullItems)
def pull_items(run: Run[PullItems]) -> Mapping[str, int]:
    """Pull the items of one host or of all hosts of a monitor."""
    return run.services.inventory.pulls.items(run.params.monitor_id, run.params.host_id, run.step)


@task(PullHost)
def pull_host(run: Run[PullHost]) -> Mapping[str, int]:
    """Pull one host."""
    return run.services.inventory.pulls.host(run.params.monitor_id, run.params.host_id, run.step)


@task(PullItem)
def pull_item(run: Run[PullItem]) -> Mapping[str, int]:
    """Pull one item."""
    item = run.params
    return run.services.inventory.pulls.item(item.monitor_id, item.host_id, item.item_id, run.step)
