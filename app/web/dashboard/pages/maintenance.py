"""Maintenance windows: list, add, end now, delete."""

from datetime import timedelta

from flask import Response

from app import clock
from app.enums import Role
from app.web.context import current_editor, services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import filters_of, read_form, read_query
from app.web.dashboard.pages.monitors import monitor_names
from app.web.dashboard.visitor_settings import zone
from app.web.schemas.maintenance import MaintenanceQuerySchema, NewMaintenanceSchema

WINDOW = "/maintenance/<id:window_id>"


@dashboard.page("/maintenance", role=Role.VIEWER)
def maintenance() -> str:
    """List the windows, newest first."""
    query = read_query(MaintenanceQuerySchema)
    page = services().maintenance.windows.list(**query)
    now = clock.now()
    local = now.astimezone(zone())
    return render(
        "maintenance",
        page=page,
        filters=filters_of(query),
        now=now,
        starts_at=f"{local:%Y-%m-%dT%H:%M}",
        ends_at=f"{local + timedelta(hours=1):%Y-%m-%dT%H:%M}",
        zone=str(zone()),
        monitors=monitor_names(),
        hosts=services().inventory.inventory.host_names({window["host_id"] for window in page.items} - {None}),
    )


@dashboard.action("/maintenance", role=Role.OPERATOR)
def add_maintenance() -> Response:
    """Add a window."""
    window = services().maintenance.windows.create(read_form(NewMaintenanceSchema), current_editor())
    return lead_to("/maintenance", "flash.window_added", name=window["name"])


@dashboard.action(WINDOW + "/end", role=Role.OPERATOR)
def end_maintenance(window_id: int) -> Response:
    """End an active window: open alerts that it covers are no longer suppressed."""
    window = services().maintenance.windows.end(window_id, current_editor())
    return lead_to("/maintenance", "flash.window_ended", name=window["name"])


@dashboard.action(WINDOW + "/delete", role=Role.OPERATOR)
def delete_maintenance(window_id: int) -> Response:
    """Delete a window, with the same effect as ending it."""
    name = services().maintenance.windows.get(window_id)["name"]
    services().maintenance.windows.delete(window_id, current_editor())
    return lead_to("/maintenance", "flash.deleted", name=name)
