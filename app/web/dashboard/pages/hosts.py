"""Hosts: search, show, edit, pull, push."""

from flask import Response, request

from app.connectors.registry import connector_class
from app.enums import AuditedType, InventoryStatus, Role
from app.models.hosts import LOCAL_PREFIX
from app.rules.task_params.pull import PullHost, PullItems
from app.rules.task_params.push import PushHost
from app.store.database.pages import PageRequest
from app.web.context import current_editor, services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import filters_of, given_filters, read_form, read_query, requester
from app.web.dashboard.item_charts import lines_of
from app.web.dashboard.pages.monitors import monitor_names
from app.web.schemas.fields import row_id
from app.web.schemas.hosts import HostChangesSchema, HostQuerySchema, NewHostSchema
from app.web.schemas.items import ItemQuerySchema

HOST = "/hosts/<id:host_id>"
ITEMS_SHOWN = 50
EDITS_SHOWN = 5


class NewHostFormSchema(NewHostSchema):
    """A new host as the form has it: with its monitor."""

    monitor_id = row_id(required=True)


@dashboard.page("/hosts", role=Role.VIEWER)
def hosts() -> str:
    """List the hosts."""
    query = read_query(HostQuerySchema)
    page = services().inventory.inventory.list_hosts(**query)
    choices = {"monitors": monitor_names(), "writable": services().inventory.inventory.writable_monitors()}
    return render("hosts", page=page, filters=given_filters(), statuses=list(InventoryStatus), **choices)


@dashboard.page(HOST, role=Role.VIEWER)
def host(host_id: int) -> str:
    """Show one host with its items, its alerts and its edit history."""
    found = services().inventory.inventory.get_host(host_id)
    query = read_query(ItemQuerySchema)
    items = services().inventory.inventory.list_items(**{**query, "host_id": host_id})
    monitor = services().inventory.monitors.get(found["monitor_id"])
    edits = services().access.audit.list(PageRequest(EDITS_SHOWN), object_type=AuditedType.HOST, object_id=host_id)
    return render(
        "host",
        host=found,
        monitor=monitor,
        is_writable=connector_class(monitor["type"]).writable,
        is_local=found["external_id"].startswith(LOCAL_PREFIX),
        page=items,
        lines=lines_of(items.items),
        filters=filters_of(query),
        statuses=list(InventoryStatus),
        alerts=services().alerts.alerts.list(PageRequest(5), host_id=host_id).items,
        edits=edits.items,
    )


@dashboard.action("/hosts", role=Role.OPERATOR)
def add_host() -> Response:
    """Create a host here; a push creates it at its monitor."""
    form = read_form(NewHostFormSchema)
    monitor_id = form.pop("monitor_id")
    found = services().inventory.inventory.create_host(monitor_id, form, current_editor())
    return lead_to(f"/hosts/{found['id']}", "flash.host_added", name=found["display_name"])


@dashboard.action(HOST, role=Role.OPERATOR)
def edit_host(host_id: int) -> Response:
    """Edit a host."""
    found = services().inventory.inventory.edit_host(host_id, read_form(HostChangesSchema), current_editor())
    return lead_to(f"/hosts/{host_id}", "flash.saved", name=found["display_name"])


@dashboard.action(HOST + "/delete", role=Role.OPERATOR)
def delete_host(host_id: int) -> Response:
    """Delete a host that is gone from its monitor or was never pushed to it."""
    found = services().inventory.inventory.get_host(host_id)
    services().inventory.gone_hosts.delete(host_id, current_editor())
    return lead_to("/hosts", "flash.deleted", name=found["display_name"])


@dashboard.action(HOST + "/pull", role=Role.OPERATOR)
def pull_host(host_id: int) -> Response:
    """Queue a pull of a host and its items."""
    found = services().inventory.inventory.get_host(host_id)
    for pull in (PullHost, PullItems):
        services().ledger.submit.accept(requester(), pull(monitor_id=found["monitor_id"], host_id=host_id))
    return lead_to(f"/hosts/{host_id}", "flash.pull_queued")


@dashboard.action(HOST + "/push", role=Role.OPERATOR)
def push_host(host_id: int) -> Response:
    """Queue a push of a host and redirect to the task, which shows the monitor's response."""
    found = services().inventory.inventory.get_host(host_id)
    is_forced = request.form.get("force") == "true"
    params = PushHost(monitor_id=found["monitor_id"], host_id=host_id, force=is_forced)
    task_id = services().ledger.submit.accept(requester(), params)
    return lead_to(f"/tasks/{task_id}", "flash.push_queued")
