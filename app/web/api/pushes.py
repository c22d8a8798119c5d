"""Pushes to a monitor."""

from app.enums import Scope
from app.rules.task_params.push import PushHost, PushItem
from app.services.ledger.requester import Requester
from app.web.api.accepted import accepted
from app.web.api.pulls import HOST, ITEM, Accepted
from app.web.api_blueprint import ApiBlueprint
from app.web.context import services
from app.web.schemas.submission import PushQuerySchema
from app.web.schemas.tasks import HostTaskSchema, ItemTaskSchema

pushes = ApiBlueprint("pushes", __name__, description="Write edits to a monitor", writes=Scope.TASKS)


@pushes.submission(HOST + "/push-async", query=PushQuerySchema, answer=HostTaskSchema)
def push_host(by: Requester, monitor_id: int, host_id: int, force: bool) -> Accepted:
    """Queue a push of a host's name, description and enabled state to its monitor."""
    params = PushHost(monitor_id=monitor_id, host_id=host_id, force=force)
    task_id = services().ledger.submit.accept(by, params)
    return accepted("Host push task queued", task_id, monitor_id=monitor_id, host_id=host_id)


@pushes.submission(ITEM + "/push-async", query=PushQuerySchema, answer=ItemTaskSchema)
def push_item(by: Requester, monitor_id: int, host_id: int, item_id: int, force: bool) -> Accepted:
    """Queue a push of an item's name, description, interval and enabled state to its monitor."""
    params = PushItem(monitor_id=monitor_id, host_id=host_id, item_id=item_id, force=force)
    task_id = services().ledger.submit.accept(by, params)
    return accepted("Item push task queued", task_id, monitor_id=monitor_id, host_id=host_id, item_id=item_id)
