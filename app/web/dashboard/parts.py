"""The parts of a page that refresh themselves."""

from flask import request

MAIN = "main"


def is_wanted(part: str) -> bool:
    """Return whether the answer shows a part of the page: a refresh of another part alone does not."""
    return request.headers.get("HX-Target", MAIN) in (MAIN, part)
