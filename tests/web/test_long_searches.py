"""Searches that find nothing among the first of many rows, over HTTP and on the dashboard."""

from collections.abc import Callable

import pytest

from app.store.database import search
from tests.web.browser import Browser
from tests.web.caller import Caller


@pytest.fixture(autouse=True)
def hardly_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "READ_BATCH_SIZE", 1)
    monkeypatch.setattr(search, "LONGEST_S", -1)


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize("path", ["/hosts", "/items"])
def test_a_client_that_follows_the_cursors_sees_all(viewer: Caller, path: str) -> None:
    page = viewer.get(f"{path}?q=!!").json
    assert page["items"] == [] and page["next_cursor"]
    pages = 1
    while page["next_cursor"]:
        page = viewer.get(f"{path}?q=!!&cursor={page['next_cursor']}").json
        pages += 1
    assert page["items"] == [] and pages == len(viewer.get(path).json["items"]) + 1


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize("path", ["/hosts", "/items"])
def test_an_empty_page_of_the_dashboard_leads_to_the_next(browse: Callable[[str], Browser], path: str) -> None:
    text = browse("viewer").get(f"{path}?q=!!").text
    assert "No results so far" in text and 'rel="next"' in text
