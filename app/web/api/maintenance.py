"""Maintenance windows."""

from collections.abc import Mapping
from typing import Any

from app.enums import Role, Scope
from app.store.database.pages import Page, PageRequest
from app.web.api_blueprint import CREATED_HEADERS, ApiBlueprint
from app.web.context import Row, current_editor, services
from app.web.schemas.maintenance import (
    MaintenanceChangesSchema,
    MaintenanceQuerySchema,
    MaintenanceSchema,
    MaintenanceTimesSchema,
    NewMaintenanceSchema,
    OccurrencesQuerySchema,
    OccurrencesSchema,
)
from app.web.schemas.pages import page_of

maintenance = ApiBlueprint(
    "maintenance", __name__, description="Maintenance windows, during which alerts are suppressed", writes=Scope.ALERTS
)

WINDOW = "/maintenance/<id:window_id>"


@maintenance.operation(
    "GET", "/maintenance", role=Role.VIEWER, query=MaintenanceQuerySchema, answer=page_of(MaintenanceSchema)
)
def list_maintenance_windows(page: PageRequest, active: bool | None = None) -> Page:
    """List the maintenance windows, newest first."""
    return services().maintenance.windows.list(page, active)


@maintenance.operation(
    "POST",
    "/maintenance",
    role=Role.OPERATOR,
    body=NewMaintenanceSchema,
    answer=MaintenanceSchema,
    status=201,
    errors=(404,),
    headers=CREATED_HEADERS,
)
def create_maintenance_window(body: Mapping[str, Any]) -> tuple[Row, dict[str, str]]:
    """Create a maintenance window. If it has already started, it suppresses matching open alerts immediately.

    With `rrule` it recurs. With `push_to_source`, tasks also tell the monitors.
    """
    window = services().maintenance.windows.create(body, current_editor())
    return window, {"Location": f"/api/v1/maintenance/{window['id']}"}


@maintenance.operation(
    "POST",
    "/maintenance/preview",
    role=Role.VIEWER,
    scope=Scope.READ,
    query=OccurrencesQuerySchema,
    body=MaintenanceTimesSchema,
    answer=OccurrencesSchema,
)
def preview_maintenance_window(body: Mapping[str, Any], limit: int) -> Row:
    """Return the next occurrences that a window with these times would have. Nothing is saved."""
    return {"items": services().maintenance.windows.preview(body, limit)}


@maintenance.operation("GET", WINDOW, role=Role.VIEWER, answer=MaintenanceSchema, errors=(404,))
def get_maintenance_window(window_id: int) -> Row:
    """Return a maintenance window."""
    return services().maintenance.windows.get(window_id)


@maintenance.operation(
    "PATCH", WINDOW, role=Role.OPERATOR, body=MaintenanceChangesSchema, answer=MaintenanceSchema, errors=(404,)
)
def update_maintenance_window(window_id: int, body: Mapping[str, Any]) -> Row:
    """Change a maintenance window. Open alerts that it no longer covers are no longer suppressed.

    `push_to_source` tells the monitors again, even if it was true before.
    """
    return services().maintenance.windows.update(window_id, body, current_editor())


@maintenance.operation(
    "GET",
    WINDOW + "/occurrences",
    role=Role.VIEWER,
    query=OccurrencesQuerySchema,
    answer=OccurrencesSchema,
    errors=(404,),
)
def list_maintenance_occurrences(window_id: int, limit: int) -> Row:
    """Return the occurrences of a maintenance window that have not ended, the first ones."""
    return {"items": services().maintenance.windows.occurrences(window_id, limit)}


@maintenance.operation("POST", WINDOW + "/end", role=Role.OPERATOR, answer=MaintenanceSchema, errors=(404, 409))
def end_maintenance_window(window_id: int) -> Row:
    """End the occurrence of a maintenance window that is in effect. If it recurs, the later occurrences stay."""
    return services().maintenance.windows.end(window_id, current_editor())


@maintenance.operation("DELETE", WINDOW, role=Role.OPERATOR, status=204, errors=(404,))
def delete_maintenance_window(window_id: int) -> None:
    """Delete a maintenance window. Open alerts that it covered are no longer suppressed.

    What monitors were told of it is taken back.
    """
    services().maintenance.windows.delete(window_id, current_editor())
