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
    NewMaintenanceSchema,
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
    return services().alerts.maintenance.list(page, active)


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
    """Create a maintenance window. If it has already started, it suppresses matching open alerts immediately."""
    window = services().alerts.maintenance.create(body, current_editor())
    return window, {"Location": f"/api/v1/maintenance/{window['id']}"}


@maintenance.operation("GET", WINDOW, role=Role.VIEWER, answer=MaintenanceSchema, errors=(404,))
def get_maintenance_window(window_id: int) -> Row:
    """Return a maintenance window."""
    return services().alerts.maintenance.get(window_id)


@maintenance.operation(
    "PATCH", WINDOW, role=Role.OPERATOR, body=MaintenanceChangesSchema, answer=MaintenanceSchema, errors=(404,)
)
def update_maintenance_window(window_id: int, body: Mapping[str, Any]) -> Row:
    """Change a maintenance window. Open alerts that it no longer covers are no longer suppressed."""
    return services().alerts.maintenance.update(window_id, body)


@maintenance.operation("DELETE", WINDOW, role=Role.OPERATOR, status=204, errors=(404,))
def delete_maintenance_window(window_id: int) -> None:
    """Delete a maintenance window. Open alerts that it covered are no longer suppressed."""
    services().alerts.maintenance.delete(window_id)
