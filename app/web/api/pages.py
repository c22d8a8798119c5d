"""Pages of people, and why somebody was told of an alert or not."""

from typing import Any

from app.enums import Role, Scope
from app.store.database.pages import Page, PageRequest
from app.web.api_blueprint import ApiBlueprint
from app.web.context import Row, current_editor, services
from app.web.dashboard.explanations import explained_event, explained_page
from app.web.schemas.pages import page_of
from app.web.schemas.paging import (
    PagedDetailsSchema,
    PagedSchema,
    PageShownQuerySchema,
    PagesQuerySchema,
    WhyQuerySchema,
    WhySchema,
)

pages = ApiBlueprint(
    "pages", __name__, description="Pages: who was told of what, and who answered", writes=Scope.ALERTS
)

PAGE = "/pages/<id:page_id>"


@pages.operation("GET", "/pages", role=Role.VIEWER, query=PagesQuerySchema, answer=page_of(PagedSchema))
def list_pages(page: PageRequest, **filters: Any) -> Page:
    """List the pages, newest first."""
    return services().paging.pages.list(page, **filters)


@pages.operation("GET", PAGE, role=Role.VIEWER, query=PageShownQuerySchema, answer=PagedDetailsSchema, errors=(404,))
def get_page(page_id: int, lang: str | None = None) -> Row:
    """Return a page with its alerts, its messages and what happened to it."""
    return explained_page(services().paging.pages.get(page_id), lang)


@pages.operation("POST", PAGE + "/acknowledge", role=Role.OPERATOR, answer=PagedDetailsSchema, errors=(404, 409))
def acknowledge_page(page_id: int) -> Row:
    """Acknowledge a page and its alerts, at their sources too: nobody else is paged."""
    return explained_page(services().paging.pages.acknowledge(page_id, current_editor()))


@pages.operation("POST", PAGE + "/resolve", role=Role.OPERATOR, answer=PagedDetailsSchema, errors=(404, 409))
def resolve_page(page_id: int) -> Row:
    """Resolve a page and its alerts."""
    return explained_page(services().paging.pages.resolve(page_id, current_editor()))


@pages.operation(
    "GET", "/alerts/<id:alert_id>/why", role=Role.VIEWER, query=WhyQuerySchema, answer=WhySchema, errors=(404,)
)
def explain_alert(alert_id: int, lang: str | None = None, before: int | None = None) -> Row:
    """Say what became of each event of an alert: whom it was to reach, and whether it did."""
    why = services().paging.why.of_alert(alert_id, before)
    return {**why, "items": [explained_event(row, lang) for row in why["items"]]}
