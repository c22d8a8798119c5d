"""Pulls from a monitor: as tasks, and synchronous ones for scripts that want to wait."""

from collections.abc import Mapping
from typing import Any

from app.enums import Role, Scope
from app.rules.task_params.alerts import PullAlerts
from app.rules.task_params.pull import BackfillValues, PullHost, PullHosts, PullItem, PullItems
from app.rules.task_params.sync import Sync
from app.services.ledger.requester import Requester
from app.web.api.accepted import accepted
from app.web.api_blueprint import ApiBlueprint
from app.web.context import services
from app.web.schemas.items import BackfillQuerySchema
from app.web.schemas.monitors import ItemPullCountsSchema, PullCountsSchema
from app.web.schemas.tasks import HostTaskSchema, ItemTaskSchema, MonitorTaskSchema

pulls = ApiBlueprint("pulls", __name__, description="Read hosts, items and alerts from a monitor", writes=Scope.TASKS)

HOSTS = "/monitors/<id:monitor_id>/hosts"
ITEMS = "/monitors/<id:monitor_id>/items"
ALERTS = "/monitors/<id:monitor_id>/alerts"
HOST = HOSTS + "/<id:host_id>"
ITEM = HOST + "/items/<id:item_id>"
HOSTS_QUEUED = "Host pull task queued"
ITEMS_QUEUED = "Item pull task queued"

Accepted = tuple[dict[str, Any], dict[str, str]]


@pulls.submission(HOSTS + "/pull-async", answer=MonitorTaskSchema)
def pull_hosts(by: Requester, monitor_id: int) -> Accepted:
    """Queue a pull of all hosts of a monitor."""
    task_id = services().ledger.submit.accept(by, PullHosts(monitor_id=monitor_id))
    return accepted(HOSTS_QUEUED, task_id, monitor_id=monitor_id)


@pulls.submission(ITEMS + "/pull-async", answer=MonitorTaskSchema)
def pull_items(by: Requester, monitor_id: int) -> Accepted:
    """Queue a pull of the items of all hosts of a monitor."""
    task_id = services().ledger.submit.accept(by, PullItems(monitor_id=monitor_id))
    return accepted(ITEMS_QUEUED, task_id, monitor_id=monitor_id)


@pulls.submission(ALERTS + "/pull-async", answer=MonitorTaskSchema)
def pull_alerts(by: Requester, monitor_id: int) -> Accepted:
    """Queue a pull of the active alerts of a monitor."""
    task_id = services().ledger.submit.accept(by, PullAlerts(monitor_id=monitor_id))
    return accepted("Alert pull task queued", task_id, monitor_id=monitor_id)


@pulls.submission("/monitors/<id:monitor_id>/sync-async", answer=MonitorTaskSchema)
def sync(by: Requester, monitor_id: int) -> Accepted:
    """Queue a sync of a monitor: pull its hosts, then their items, then its alerts."""
    task_id = services().ledger.submit.accept(by, Sync(monitor_id=monitor_id))
    return accepted("Sync task queued", task_id, monitor_id=monitor_id)


@pulls.submission(HOST + "/pull-async", answer=HostTaskSchema)
def pull_host(by: Requester, monitor_id: int, host_id: int) -> Accepted:
    """Queue a pull of one host."""
    task_id = services().ledger.submit.accept(by, PullHost(monitor_id=monitor_id, host_id=host_id))
    return accepted(HOSTS_QUEUED, task_id, monitor_id=monitor_id, host_id=host_id)


@pulls.submission(HOST + "/items/pull-async", answer=HostTaskSchema)
def pull_host_items(by: Requester, monitor_id: int, host_id: int) -> Accepted:
    """Queue a pull of the items of one host."""
    task_id = services().ledger.submit.accept(by, PullItems(monitor_id=monitor_id, host_id=host_id))
    return accepted(ITEMS_QUEUED, task_id, monitor_id=monitor_id, host_id=host_id)


@pulls.submission(ITEM + "/pull-async", answer=ItemTaskSchema)
def pull_item(by: Requester, monitor_id: int, host_id: int, item_id: int) -> Accepted:
    """Queue a pull of one item."""
    params = PullItem(monitor_id=monitor_id, host_id=host_id, item_id=item_id)
    task_id = services().ledger.submit.accept(by, params)
    return accepted(ITEMS_QUEUED, task_id, monitor_id=monitor_id, host_id=host_id, item_id=item_id)


@pulls.submission(ITEM + "/backfill-async", query=BackfillQuerySchema, answer=ItemTaskSchema)
def backfill_values(by: Requester, monitor_id: int, host_id: int, item_id: int, hours: int) -> Accepted:
    """Queue a task that reads the past values of one item, as far as its monitor and nagare keep them."""
    params = BackfillValues(monitor_id=monitor_id, host_id=host_id, item_id=item_id, hours=hours)
    task_id = services().ledger.submit.accept(by, params)
    return accepted("Backfill task queued", task_id, monitor_id=monitor_id, host_id=host_id, item_id=item_id)


@pulls.operation("POST", HOSTS + "/pull", role=Role.OPERATOR, answer=PullCountsSchema, errors=(404, 409, 502, 504))
def pull_hosts_now(monitor_id: int) -> Mapping[str, int]:
    """Pull all hosts of a monitor synchronously."""
    return services().inventory.pulls.hosts(monitor_id)


@pulls.operation("POST", ITEMS + "/pull", role=Role.OPERATOR, answer=ItemPullCountsSchema, errors=(404, 409, 502, 504))
def pull_items_now(monitor_id: int) -> Mapping[str, int]:
    """Pull the items of all hosts of a monitor synchronously."""
    return services().inventory.pulls.items(monitor_id)
