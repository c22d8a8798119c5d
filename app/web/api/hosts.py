"""Hosts."""

from collections.abc import Mapping
from typing import Any

from app.enums import Role, Scope
from app.store.database.pages import Page
from app.web.api_blueprint import CREATED_HEADERS, ApiBlueprint
from app.web.context import Row, current_editor, services
from app.web.schemas.hosts import HostChangesSchema, HostQuerySchema, HostSchema, NewHostSchema
from app.web.schemas.pages import page_of

hosts = ApiBlueprint("hosts", __name__, description="Hosts in the inventory", writes=Scope.INVENTORY)


@hosts.operation("GET", "/hosts", role=Role.VIEWER, query=HostQuerySchema, answer=page_of(HostSchema))
def list_hosts(**query: Any) -> Page:
    """List the hosts of all monitors."""
    return services().inventory.inventory.list_hosts(**query)


@hosts.operation(
    "POST",
    "/monitors/<id:monitor_id>/hosts",
    role=Role.OPERATOR,
    body=NewHostSchema,
    answer=HostSchema,
    status=201,
    errors=(404, 409),
    headers=CREATED_HEADERS,
)
def create_host(monitor_id: int, body: Mapping[str, Any]) -> tuple[Row, dict[str, str]]:
    """Create a host in the inventory. A push creates it at its monitor.

    Until then its `external_id` starts with `nagare-local:`.
    """
    host = services().inventory.inventory.create_host(monitor_id, body, current_editor())
    return host, {"Location": f"/api/v1/hosts/{host['id']}"}


@hosts.operation("GET", "/hosts/<id:host_id>", role=Role.VIEWER, answer=HostSchema, errors=(404,))
def get_host(host_id: int) -> Row:
    """Return a host."""
    return services().inventory.inventory.get_host(host_id)


@hosts.operation(
    "PATCH", "/hosts/<id:host_id>", role=Role.OPERATOR, body=HostChangesSchema, answer=HostSchema, errors=(404,)
)
def edit_host(host_id: int, body: Mapping[str, Any]) -> Row:
    """Edit a host. An edit is kept until the source changes the same field."""
    return services().inventory.inventory.edit_host(host_id, body, current_editor())


@hosts.operation("DELETE", "/hosts/<id:host_id>", role=Role.OPERATOR, status=204, errors=(404, 409))
def delete_host(host_id: int) -> None:
    """Delete a host that is gone from its monitor or was never pushed to it, with its items.

    Alerts and ended maintenance windows stay, with its name.
    """
    services().inventory.gone_hosts.delete(host_id, current_editor())
