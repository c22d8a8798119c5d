"""Saved views."""

from collections.abc import Mapping
from typing import Any

from app.enums import Role, Scope
from app.web.api_blueprint import CREATED_HEADERS, ApiBlueprint
from app.web.context import Row, current_editor, current_user, services
from app.web.lists import address_of, checked_query
from app.web.schemas.views import NewViewSchema, ViewChangesSchema, ViewCountSchema, ViewSchema, ViewsSchema
from app.web.view_counts import ViewCount, count_view

views = ApiBlueprint("views", __name__, description="Saved filters of lists", writes=Scope.SETTINGS)

VIEW = "/views/<id:view_id>"


@views.operation("GET", "/views", role=Role.VIEWER, answer=ViewsSchema)
def list_views() -> Row:
    """List your saved views and those that others share."""
    return {"items": [with_address(view) for view in services().console.views.list(current_user())]}


@views.operation(
    "POST",
    "/views",
    role=Role.VIEWER,
    body=NewViewSchema,
    answer=ViewSchema,
    status=201,
    errors=(409,),
    headers=CREATED_HEADERS,
)
def create_view(body: Mapping[str, Any]) -> tuple[Row, dict[str, str]]:
    """Save a filter of a list under a name. Sharing it with all users requires the role operator."""
    fields = {**body, "query": checked_query(body["page"], body["query"])}
    view = services().console.views.create(fields, current_user(), current_editor())
    return with_address(view), {"Location": f"/api/v1/views/{view['id']}"}


@views.operation("GET", VIEW, role=Role.VIEWER, answer=ViewSchema, errors=(404,))
def get_view(view_id: int) -> Row:
    """Return a view of yours or a shared one."""
    return with_address(services().console.views.get(view_id, current_user()))


@views.operation("GET", VIEW + "/count", role=Role.VIEWER, answer=ViewCountSchema, errors=(404,))
def count_rows_of_view(view_id: int) -> ViewCount:
    """Count what a view finds: alerts up to 10,000, other things up to 100."""
    return count_view(services().console.views.get(view_id, current_user()))


@views.operation("PATCH", VIEW, role=Role.VIEWER, body=ViewChangesSchema, answer=ViewSchema, errors=(404, 409))
def update_view(view_id: int, body: Mapping[str, Any]) -> Row:
    """Change a view of yours; admins may change shared ones of others."""
    changes = dict(body)
    if "query" in changes:
        page = services().console.views.get(view_id, current_user())["page"]
        changes["query"] = checked_query(page, changes["query"])
    return with_address(services().console.views.update(view_id, changes, current_user(), current_editor()))


@views.operation("DELETE", VIEW, role=Role.VIEWER, status=204, errors=(404,))
def delete_view(view_id: int) -> None:
    """Delete a view of yours; admins may delete shared ones of others."""
    services().console.views.delete(view_id, current_user(), current_editor())


def with_address(view: Row) -> Row:
    """Return a view with the address of its page."""
    return {**view, "address": address_of(view["page"], view["query"])}
