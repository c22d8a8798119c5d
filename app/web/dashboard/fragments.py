"""The part of a page that an open page fetches again: only that part, and nothing at all if it has not changed."""

import re
from hashlib import sha256
from http import HTTPStatus

from flask import Response, g, request

HEADER = "X-Live"
"""The request header that names the part by its id."""
LAYOUT = "dashboard/fragment.html"
SAFE_ID = re.compile("[a-z][a-z0-9_-]{0,63}")


def wanted() -> str | None:
    """Return the id of the part that is fetched, if only a part is."""
    given = request.headers.get(HEADER, "")
    return given if SAFE_ID.fullmatch(given) and request.method == "GET" else None


def is_wanted(id: str) -> bool:
    """Return whether the answer shows a part of the page: a refresh of another part alone does not."""
    return wanted() in (None, id)


def cut(page: str, id: str) -> str:
    """Return the element with an id, or the whole page if it has none.

    In a page of ours, every `<` that does not begin a tag is escaped: tags can be counted without a parser.
    """
    opening = re.search(rf'<([a-z]+)[^<>]* id="{id}"', page)
    if opening is None:
        return page
    depth = 0
    for tag in re.finditer(rf"<(/?){opening[1]}\b", page[opening.start() :]):
        depth += -1 if tag[1] else 1
        if depth == 0:
            end = page.index(">", opening.start() + tag.start()) + 1
            return page[opening.start() : end]
    return page


def spare(response: Response) -> Response:
    """Return 304 if the browser has the same part already. The token of its forms is another one each time."""
    if wanted() is None or response.status_code != HTTPStatus.OK or response.direct_passthrough:
        return response
    text = response.get_data(as_text=True)
    if "csrf_token" in g:
        text = text.replace(g.csrf_token, "")
    response.set_etag(sha256(text.encode()).hexdigest()[:20], weak=True)
    response.make_conditional(request.environ)
    return response
