"""Shows the page of a form again, for browsers without a script: nothing that was typed is lost."""

import io
from collections.abc import Mapping, Sequence
from html import escape
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
    """Return the page of a form that was refused, filled in again; None if it has none that can be shown."""
    if problem["status"] not in REFUSED:
        return None
    told = render_template("dashboard/problem.html", problem=problem)
    return _filled(request.path, f'<div class="wrong" role="alert">{told}</div>', problem["fields"])


def trial(address: str, told: str) -> str:
    """Return what a test of a form told: alone where a script asks, otherwise in the form with this address."""
    is_part = request.headers.get("HX-Request") == "true"
    return told if is_part else _filled(address, f'<div role="status">{told}</div>', {}) or told


def _filled(address: str, head: str, errors: Mapping[str, Sequence[str]]) -> str | None:
    path = _page()
    if request.method != "POST" or not path or "user" not in g:
        return None
    secrets = KEPT_IF_BLANK | {name for name in request.form if name.startswith(SETTINGS)}
    filler = FormFiller(address, dict(request.form.lists()), errors, secrets)
    filled = filler.fill(_render(path), f'{head}<input type="hidden" name="{PAGE}" value="{escape(path)}">')
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
