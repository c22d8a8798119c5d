"""Machines: list, suggestions, show, merge, split."""

from flask import Response

from app.enums import Role
from app.store.database.pages import PageRequest
from app.web.context import current_editor, services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import filters_of, read_form, read_query
from app.web.dashboard.item_charts import lines_of
from app.web.dashboard.pages.monitors import monitor_names
from app.web.schemas.items import ItemQuerySchema
from app.web.schemas.machines import MachineChangesSchema, MachineQuerySchema

MACHINE = "/machines/<id:machine_id>"
SUGGESTED = 20
ALERTS_SHOWN = 20


@dashboard.page("/machines", role=Role.VIEWER)
def machines() -> str:
    """List the machines, and the first suggestions."""
    query = read_query(MachineQuerySchema)
    return render(
        "machines",
        page=services().machines.machines.list(**query),
        suggestions=services().machines.suggestions.list(PageRequest(SUGGESTED)),
        rules=services().machines.rules.get()["identities"],
        filters=filters_of(query),
        monitors=monitor_names(),
    )


@dashboard.page(MACHINE, role=Role.VIEWER)
def machine(machine_id: int) -> str:
    """Show one machine with the items and alerts of all its hosts."""
    found = services().machines.machines.get(machine_id)
    query = read_query(ItemQuerySchema)
    items = services().inventory.inventory.list_items(**{**query, "machine_id": machine_id})
    return render(
        "machine",
        machine=found,
        page=items,
        lines=lines_of(items.items),
        filters=filters_of(query),
        hosts={host["id"]: f"{host['display_name']} ({host['monitor_name']})" for host in found["hosts"]},
        alerts=services().alerts.alerts.list(PageRequest(ALERTS_SHOWN), machine_id=machine_id, status=(0, 1)).items,
    )


@dashboard.action("/machines/suggestions/<id:host_a>/<id:host_b>/confirm", role=Role.OPERATOR)
def confirm_suggestion(host_a: int, host_b: int) -> Response:
    """Make two hosts one machine."""
    found = services().machines.suggestions.confirm([host_a, host_b], current_editor())
    return lead_to("/machines", "flash.machine_joined", name=found["name"])


@dashboard.action("/machines/suggestions/<id:host_a>/<id:host_b>/decline", role=Role.OPERATOR)
def decline_suggestion(host_a: int, host_b: int) -> Response:
    """Say that two hosts are not one machine."""
    services().machines.suggestions.decline([host_a, host_b], current_editor())
    return lead_to("/machines", "flash.machine_declined")


@dashboard.action(MACHINE, role=Role.OPERATOR)
def rename_machine(machine_id: int) -> Response:
    """Rename a machine."""
    form = read_form(MachineChangesSchema)
    found = services().machines.machines.rename(machine_id, form["name"], current_editor())
    return lead_to(f"/machines/{machine_id}", "flash.saved", name=found["name"])


@dashboard.action(MACHINE + "/split/<id:host_id>", role=Role.OPERATOR)
def split_machine(machine_id: int, host_id: int) -> Response:
    """Take one host off a machine."""
    name = services().machines.machines.get(machine_id)["name"]
    remaining = services().machines.machines.split(machine_id, [host_id], current_editor())
    path = f"/machines/{machine_id}" if remaining else "/machines"
    return lead_to(path, "flash.machine_split", name=name)
