"""Pages of people: the list, the page that somebody answers at night, and why somebody was told of an alert."""

from flask import Response, request

from app.enums import PageState, Role
from app.web.context import current_editor, services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.explanations import explained_event, explained_page
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import filters_of, read_query
from app.web.schemas.paging import PagesQuerySchema, WhyQuerySchema

PAGE = "/pages/<id:page_id>"
HAPPENED = 50
"""How many entries of a page's history are shown: the newest."""


@dashboard.page("/pages", role=Role.VIEWER)
def pages() -> str:
    """List the pages: without a filter those that need somebody first, and then the newest."""
    query = read_query(PagesQuerySchema)
    filters = filters_of(query)
    is_first = not filters and "cursor" not in request.args
    unended = services().paging.pages.unended() if is_first else []
    found = services().paging.pages.list(**query)
    shown = {page["id"] for page in unended}
    return render(
        "pages",
        page=found,
        rows=[*unended, *(row for row in found.items if row["id"] not in shown)],
        filters=filters,
        states=list(PageState),
        setup=services().paging.pages.setup(current_editor().user_id) if is_first else {},
    )


@dashboard.page(PAGE, role=Role.VIEWER)
def page(page_id: int) -> str:
    """Show a page: what is wrong, who was told, and the buttons to answer."""
    found = explained_page(services().paging.pages.get(page_id))
    return render("paged", page=found, history=[*reversed(found["history"])][:HAPPENED])


@dashboard.action(PAGE + "/acknowledge", role=Role.OPERATOR)
def acknowledge_page(page_id: int) -> Response:
    """Acknowledge a page."""
    services().paging.pages.acknowledge(page_id, current_editor())
    return lead_to(f"/pages/{page_id}", "flash.page_acknowledged", id=page_id)


@dashboard.action(PAGE + "/resolve", role=Role.OPERATOR)
def resolve_page(page_id: int) -> Response:
    """Resolve a page."""
    services().paging.pages.resolve(page_id, current_editor())
    return lead_to(f"/pages/{page_id}", "flash.page_resolved", id=page_id)


@dashboard.page("/alerts/<id:alert_id>/why", role=Role.VIEWER)
def why(alert_id: int) -> str:
    """Say what became of each event of an alert."""
    alert = services().alerts.alerts.get(alert_id)
    found = services().paging.why.of_alert(alert_id, read_query(WhyQuerySchema).get("before"))
    lines = [explained_event(row) for row in found["items"]]
    return render("why", alert=alert, lines=lines, next_before=found["next_before"])
