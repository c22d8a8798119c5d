"""Shows the page of a form that was refused again, for browsers without a script: nothing that was typed is lost."""

import io
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, g, render_template, request
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException

from app.errors import NagareError
from app.web.access import check_powers
from app.web.dashboard.filled_forms import FormFiller
from app.web.dashboard.forms import KEPT_IF_BLANK, PAGE, SETTINGS, path_of_ours

REFUSED = (409, 422)
PAGES = "dashboard."


def page_again(problem: Mapping[str, Any]) -> str | None:
    """Return the page of the form that the request sent, filled in again; None if it has none that can be shown."""
    path = _page()
    if request.method != "POST" or problem["status"] not in REFUSED or not path or "user" not in g:
        return None
    secrets = KEPT_IF_BLANK | {name for name in request.form if name.startswith(SETTINGS)}
    filler = FormFiller(request.path, dict(request.form.lists()), problem["fields"], secrets)
    head = render_template("dashboard/refused.html", problem=problem, page=path, field=PAGE)
    filled = filler.fill(_render(path), head)
    return filled if filler.is_filled else None


def _page() -> str:
    """Return the address of the page that the form is on: the form names it, or the browser does."""
    referrer = urlsplit(request.headers.get("Referer", ""))
    told = f"{referrer.path}?{referrer.query}" if referrer.netloc == request.host else ""
    return path_of_ours(request.form.get(PAGE, "")) or path_of_ours(told)


def _render(path: str) -> str:
    """Return a page of ours as the user would get it; nothing if there is none."""
    address, _, query = path.partition("?")
    environ = {name: value for name, value in request.environ.items() if not name.startswith("werkzeug.")}
    environ |= {"REQUEST_METHOD": "GET", "PATH_INFO": address, "QUERY_STRING": query, "CONTENT_LENGTH": "0"}
    with current_app.request_context({**environ, "wsgi.input": io.BytesIO()}):
        try:
            endpoint, arguments = current_app.create_url_adapter(request).match()  # type: ignore[union-attr]
            view: Any = current_app.view_functions[endpoint]
            if not endpoint.startswith(PAGES):
                return ""
            check_powers(g.user, view.role, view.scope)
            page = view(**arguments)
        except (NagareError, ValidationError, HTTPException):
            return ""
    return page if isinstance(page, str) else ""
