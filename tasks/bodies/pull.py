"""Tasks that read from monitors."""

from collections.abc import Mapping

from app.rules.task_params.pull import BackfillValues, PullHost, PullHosts, PullItem, PullItems
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


@task(BackfillValues)
def backfill_values(run: Run[BackfillValues]) -> Mapping[str, int]:
    """Read the past values of one item."""
    wanted = run.params
    return run.services.inventory.backfills.item(
        wanted.monitor_id, wanted.host_id, wanted.item_id, wanted.hours, run.step
    )
