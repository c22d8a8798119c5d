"""Iterates over the pages of a list."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from app.store.database.pages import Page, PageRequest

PAGE_SIZE = 500


def every(fetch: Callable[[PageRequest], Page]) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of all pages."""
    request = PageRequest(limit=PAGE_SIZE)
    while True:
        page = fetch(request)
        yield from page.items
        if page.next_cursor is None:
            return
        request = PageRequest(limit=PAGE_SIZE, cursor=page.next_cursor)
