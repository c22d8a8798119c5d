"""How many rows saved views find, counted no further than is cheap."""

from dataclasses import dataclass

from marshmallow import ValidationError

from app.errors import Invalid
from app.store.database.pages import PageRequest
from app.store.selection.alert_lists import AlertPage
from app.web.context import Row
from app.web.lists import LISTS, arguments_of

COUNTED_AT_MOST = 100
"""Of lists that have no total."""


@dataclass(frozen=True, slots=True)
class ViewCount:
    """A number of rows; None if the view's filter is no longer known."""

    count: int | None
    is_exact: bool


def count_view(view: Row) -> ViewCount:
    """Count the rows of a view."""
    listed = LISTS[view["page"]]
    try:
        filters = {name: value for name, value in listed.load(arguments_of(view["query"])).items() if name != "sort"}
        page = listed.fetch(PageRequest(1 if view["page"] == "alerts" else COUNTED_AT_MOST), **filters)
    except (ValidationError, Invalid):
        return ViewCount(None, is_exact=False)
    if isinstance(page, AlertPage):
        return ViewCount(page.total, is_exact=bool(page.is_total_exact))
    return ViewCount(len(page.items), is_exact=page.next_cursor is None)
