"""Items: search, show, edit, pull, push."""

from flask import Response, request

from app.connectors.registry import connector_class, keeps_history
from app.enums import AuditedType, InventoryStatus, Role
from app.rules.task_params.pull import BackfillValues, PullItem
from app.rules.task_params.push import PushItem
from app.store.database.pages import PageRequest
from app.web.context import current_editor, services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import filters_of, read_form, read_query, requester
from app.web.dashboard.item_charts import has_history, history_of, lines_of
from app.web.dashboard.pages.monitors import monitor_names
from app.web.schemas.items import (
    BACKFILL_HOURS,
    CHART_HOURS,
    ItemChangesSchema,
    ItemHistoryQuerySchema,
    ItemQuerySchema,
    NewItemSchema,
)

ITEM = "/items/<id:item_id>"
VALUE_TYPES = ("float", "unsigned", "char", "text", "log")


@dashboard.page("/items", role=Role.VIEWER)
def items() -> str:
    """List the items with their last values."""
    query = read_query(ItemQuerySchema)
    page = services().inventory.inventory.list_items(**query)
    return render(
        "items",
        page=page,
        filters=filters_of(query),
        monitors=monitor_names(),
        hosts=services().inventory.inventory.host_names({item["host_id"] for item in page.items}),
        statuses=list(InventoryStatus),
        lines=lines_of(page.items),
    )


@dashboard.page(ITEM, role=Role.VIEWER)
def item(item_id: int) -> str:
    """Show one item with its history."""
    hours = read_query(ItemHistoryQuerySchema)["hours"]
    found = services().inventory.inventory.get_item(item_id)
    monitor = services().inventory.monitors.get(found["monitor_id"])
    return render(
        "item",
        item=found,
        host=services().inventory.inventory.get_host(found["host_id"]),
        monitor=monitor,
        is_writable=connector_class(monitor["type"]).writable,
        edits=services().access.audit.list(PageRequest(5), object_type=AuditedType.ITEM, object_id=item_id).items,
        can_backfill=has_history(found) and keeps_history(connector_class(monitor["type"])),
        hours=hours,
        choices=CHART_HOURS,
        has_history=has_history(found),
        is_kept=services().settings.values_hours > 0,
        history=history_of(found, hours) if has_history(found) else None,
    )


@dashboard.action("/hosts/<id:host_id>/items", role=Role.OPERATOR)
def add_item(host_id: int) -> Response:
    """Create an item here; a push creates it at its monitor."""
    found = services().inventory.inventory.create_item(host_id, read_form(NewItemSchema), current_editor())
    return lead_to(f"/items/{found['id']}", "flash.item_added", name=found["name"])


@dashboard.action(ITEM, role=Role.OPERATOR)
def edit_item(item_id: int) -> Response:
    """Edit an item."""
    found = services().inventory.inventory.edit_item(item_id, read_form(ItemChangesSchema), current_editor())
    return lead_to(f"/items/{item_id}", "flash.saved", name=found["name"])


@dashboard.action(ITEM + "/pull", role=Role.OPERATOR)
def pull_item(item_id: int) -> Response:
    """Queue a pull of an item."""
    found = services().inventory.inventory.get_item(item_id)
    params = PullItem(monitor_id=found["monitor_id"], host_id=found["host_id"], item_id=item_id)
    services().ledger.submit.accept(requester(), params)
    return lead_to(f"/items/{item_id}", "flash.pull_queued")


@dashboard.action(ITEM + "/backfill", role=Role.OPERATOR)
def backfill_item(item_id: int) -> Response:
    """Queue a task that reads an item's past values."""
    found = services().inventory.inventory.get_item(item_id)
    names = {"monitor_id": found["monitor_id"], "host_id": found["host_id"], "item_id": item_id}
    services().ledger.submit.accept(requester(), BackfillValues(**names, hours=BACKFILL_HOURS))
    return lead_to(f"/items/{item_id}", "flash.backfill_queued")


@dashboard.action(ITEM + "/push", role=Role.OPERATOR)
def push_item(item_id: int) -> Response:
    """Queue a push of an item and redirect to the task, which shows the monitor's response."""
    found = services().inventory.inventory.get_item(item_id)
    is_forced = request.form.get("force") == "true"
    params = PushItem(monitor_id=found["monitor_id"], host_id=found["host_id"], item_id=item_id, force=is_forced)
    task_id = services().ledger.submit.accept(requester(), params)
    return lead_to(f"/tasks/{task_id}", "flash.push_queued")
