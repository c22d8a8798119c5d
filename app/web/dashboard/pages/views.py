"""Saved views: in the navigation with their counts, and the page that manages them."""

from collections.abc import Mapping
from typing import Any

from flask import Response, g, request

from app.enums import Role
from app.services.console.saved_views import may_change
from app.web.context import Row, current_editor, current_user, services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.formats import number
from app.web.dashboard.forms import back, read_form
from app.web.lists import VIEWED, address_of, arguments_of, checked_query
from app.web.schemas.views import NewViewSchema, ViewChangesSchema
from app.web.view_counts import count_view

VIEW = "/views/<id:view_id>"
MAX_IN_NAVIGATION = 20


@dashboard.page("/views", role=Role.VIEWER)
def views() -> str:
    """List the user's views and the shared ones."""
    shown = [{**view, "may_change": may_change(view, current_user())} for view in saved_views()]
    return render("views", views=shown)


@dashboard.page("/views/new", role=Role.VIEWER)
def new_view() -> str:
    """Show the form that saves the filter of the list that the user comes from."""
    page, _, query = back("/alerts").removeprefix("/").partition("?")
    chosen = page if page in VIEWED else "alerts"
    query = checked_query(chosen, query if page == chosen else "")
    return render("view_new", page=chosen, query=query, filters=arguments_of(query), address=address_of(chosen, query))


@dashboard.page("/views/counts", role=Role.VIEWER)
def view_counts() -> Mapping[str, str]:
    """Return how many rows each view of the navigation finds, as text, by id."""
    return {str(view["id"]): _count(view) for view in saved_views()[:MAX_IN_NAVIGATION]}


@dashboard.action("/views", role=Role.VIEWER)
def add_view() -> Response:
    """Save a view and go back to its list."""
    form = read_form(NewViewSchema)
    fields = {**form, "query": checked_query(form["page"], form["query"])}
    made = services().console.views.create(fields, current_user(), current_editor())
    return lead_to(address_of(made["page"], made["query"]), "flash.view_saved", name=made["name"])


@dashboard.action(VIEW, role=Role.VIEWER)
def edit_view(view_id: int) -> Response:
    """Rename a view, share it, or move it."""
    changed = services().console.views.update(view_id, read_form(ViewChangesSchema), current_user(), current_editor())
    return lead_to("/views", "flash.saved", name=changed["name"])


@dashboard.action(VIEW + "/delete", role=Role.VIEWER)
def delete_view(view_id: int) -> Response:
    """Delete a view."""
    gone = services().console.views.delete(view_id, current_user(), current_editor())
    return lead_to("/views", "flash.deleted", name=gone["name"])


@dashboard.app_template_global()
def saved_views() -> list[Row]:
    """Return the views that the user sees, each with its address and whether it is the page that is shown."""
    if "saved_views" not in g:
        shown = sorted(arguments_of(request.query_string.decode(errors="replace")).items(multi=True))
        g.saved_views = [_placed(view, shown) for view in services().console.views.list(current_user())]
    found: list[Row] = g.saved_views
    return found


@dashboard.app_template_global()
def can_save_view() -> bool:
    """Return whether the page that is shown is a list of which a view can be saved."""
    return request.path.removeprefix("/") in VIEWED


dashboard.app_template_global("max_in_navigation")(lambda: MAX_IN_NAVIGATION)


def _placed(view: Row, shown: list[tuple[str, str]]) -> dict[Any, Any]:
    is_here = request.path == f"/{view['page']}" and sorted(arguments_of(view["query"]).items(multi=True)) == shown
    return {**view, "address": address_of(view["page"], view["query"]), "is_here": is_here}


def _count(view: Row) -> str:
    found = count_view(view)
    if found.count is None:
        return "?"
    return number(found.count) + ("" if found.is_exact else "+")
