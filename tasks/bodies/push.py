"""Tasks that write to monitors."""

from collections.abc import Mapping
from typing import Any

from app.rules.task_params.push import PushHost, PushItem, PushMaintenance
from tasks.base import Run, task


@task(PushHost)
def push_host(run: Run[PushHost]) -> Mapping[str, int]:
    """Write a host's editable fields to its monitor."""
    host = run.params
    return run.services.inventory.pushes.host(host.monitor_id, host.host_id, host.force, run.step)


@task(PushItem)
def push_item(run: Run[PushItem]) -> Mapping[str, int]:
    """Write an item's editable fields to its monitor."""
    item = run.params
    return run.services.inventory.pushes.item(item.monitor_id, item.host_id, item.item_id, item.force, run.step)


@task(PushMaintenance)
def push_maintenance(run: Run[PushMaintenance]) -> Mapping[str, Any]:
    """Let a monitor have what is wanted there of a maintenance window."""
    return run.services.maintenance.source_pushes.push(run.params.window_id, run.params.monitor_id, run.step)
