"""Monitors."""

from collections.abc import Mapping
from typing import Any

from app.enums import Role, Scope
from app.services.inventory.monitor_checks import Check
from app.store.database.pages import Page, PageRequest
from app.web.api_blueprint import CREATED_HEADERS, ApiBlueprint
from app.web.context import Row, services
from app.web.schemas.monitors import (
    CheckedChangesSchema,
    CheckSchema,
    MonitorChangesSchema,
    MonitorSchema,
    NewMonitorSchema,
)
from app.web.schemas.pages import PageQuerySchema, page_of

monitors = ApiBlueprint(
    "monitors", __name__, description="Monitoring systems that nagare connects to", writes=Scope.SETTINGS
)


@monitors.operation("GET", "/monitors", role=Role.VIEWER, query=PageQuerySchema, answer=page_of(MonitorSchema))
def list_monitors(page: PageRequest) -> Page:
    """List the monitors."""
    return services().inventory.monitors.list(page)


@monitors.operation(
    "POST",
    "/monitors",
    role=Role.ADMIN,
    body=NewMonitorSchema,
    answer=MonitorSchema,
    status=201,
    errors=(409,),
    headers=CREATED_HEADERS,
)
def create_monitor(body: Mapping[str, Any]) -> tuple[Row, dict[str, str]]:
    """Create a monitor."""
    monitor = services().inventory.monitors.create(body)
    return monitor, {"Location": f"/api/v1/monitors/{monitor['id']}"}


@monitors.operation(
    "POST", "/monitors/check", role=Role.ADMIN, body=NewMonitorSchema, answer=CheckSchema, errors=(409,)
)
def check_new_monitor(body: Mapping[str, Any]) -> Check:
    """Test the connection to a monitor that is not saved: sign in and read its version. Nothing is stored."""
    return services().inventory.monitors.check_new(body)


@monitors.operation("GET", "/monitors/<id:monitor_id>", role=Role.VIEWER, answer=MonitorSchema, errors=(404,))
def get_monitor(monitor_id: int) -> Row:
    """Return a monitor."""
    return services().inventory.monitors.get(monitor_id)


@monitors.operation(
    "PATCH",
    "/monitors/<id:monitor_id>",
    role=Role.ADMIN,
    body=MonitorChangesSchema,
    answer=MonitorSchema,
    errors=(404, 409),
)
def update_monitor(monitor_id: int, body: Mapping[str, Any]) -> Row:
    """Change a monitor. `null` removes a credential."""
    return services().inventory.monitors.update(monitor_id, body)


@monitors.operation("DELETE", "/monitors/<id:monitor_id>", role=Role.ADMIN, status=204, errors=(404, 409))
def delete_monitor(monitor_id: int) -> None:
    """Delete a monitor with all its hosts, items and alerts."""
    services().inventory.monitors.delete(monitor_id)


@monitors.operation(
    "POST", "/monitors/<id:monitor_id>/check", role=Role.OPERATOR, answer=CheckSchema, errors=(404, 409)
)
def check_monitor(monitor_id: int) -> Check:
    """Test the connection to a monitor: sign in and read its version."""
    return services().inventory.monitors.check(monitor_id)


@monitors.operation(
    "POST",
    "/monitors/<id:monitor_id>/check-changes",
    role=Role.ADMIN,
    body=CheckedChangesSchema,
    answer=CheckSchema,
    errors=(404, 409),
)
def check_monitor_changes(monitor_id: int, body: Mapping[str, Any]) -> Check:
    """Test the connection to a monitor as it would be after changes. Nothing is stored."""
    return services().inventory.monitors.check_changes(monitor_id, body)
