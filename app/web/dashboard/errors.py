"""Errors as pages, in the user's language; for htmx as a part of the page."""

from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, g, json, render_template, request
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException

from app import errors
from app.web import problems
from app.web.context import services
from app.web.dashboard import session
from app.web.dashboard.blueprint import finish, words
from app.web.dashboard.field_errors import field_error
from app.web.dashboard.refused_forms import page_again
from app.web.dashboard.task_words import error_text
from app.web.dashboard.translation import translate, translate_or

SHOWN_DETAILS = (errors.Conflict, errors.Invalid, errors.SourceError, errors.NotFound, errors.TaskFailed)
"""Errors whose message says more than their code."""
NO_PAGES = "/api/"
"""Addresses of the API; a browser that is sent there gets what any client gets."""


def install(blueprint: Blueprint) -> None:
    """Render the errors of a blueprint's views as pages."""
    blueprint.register_error_handler(errors.Unauthorized, _lead_to_sign_in)
    for kind in (errors.NagareError, ValidationError, HTTPException, Exception):
        blueprint.register_error_handler(kind, _show)
    for status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
        blueprint.app_errorhandler(status)(_show_no_page)


def _show_no_page(error: HTTPException) -> Response:
    """Show a person an address that does not exist, or that is no page, as a page; a program gets the API's answer."""
    accepted = request.accept_mimetypes
    is_person = "text/html" in accepted.values() and request.method in ("GET", "HEAD")
    if request.endpoint is not None or request.path.startswith(NO_PAGES) or not is_person:
        return _show(error) if request.blueprint == "dashboard" else problems.answer(error)
    with suppress(errors.Unauthorized, errors.DatabaseUnavailable):
        g.session_id = session.find()
        g.user = services().access.auth.identify(g.session_id)
    return finish(_show(error, **words()))


def _lead_to_sign_in(_: errors.Unauthorized) -> Response:
    if request.headers.get("Sec-Fetch-Site") == "cross-site" and request.method == "GET":
        # A link on another site: the browser withheld the cookie, and sends it when the page reloads itself.
        return Response(render_template("dashboard/again.html"))
    if request.headers.get("HX-Request") == "true":
        # The page asks its user to sign in and keeps what has been typed into it.
        return Response(status=401)
    path = request.full_path.removesuffix("?") if request.method == "GET" else "/"
    return Response(status=303, headers={"Location": f"/sign-in?back={quote(path)}"})


def _show(error: Exception, **context: Any) -> Response:
    """Render an error with the status that the API would return."""
    answer = problems.answer(error)
    problem: Mapping[str, Any] = json.loads(answer.get_data())
    is_telling = isinstance(error, SHOWN_DETAILS)
    told = {
        "status": answer.status_code,
        "code": problem["code"],
        "title": translate_or(f"error.{problem['code']}", translate("error.internal"), **_values(error)),
        "detail": error_text(problem["detail"], problem["code"]) if is_telling and not problem.get("errors") else "",
        "fields": {name: [*map(field_error, said)] for name, said in problem.get("errors", {}).items()},
    }
    is_part = request.headers.get("HX-Request") == "true"
    template = "dashboard/problem.html" if is_part else "dashboard/error.html"
    again = None if is_part else page_again(told)
    content = again or render_template(template, layout="dashboard/page.html", problem=told, **context)
    page = Response(content, answer.status_code)
    for name in ("Retry-After", "Allow"):
        if name in answer.headers:
            page.headers[name] = answer.headers[name]
    if answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE and request.method == "GET" and not is_part:
        page.headers["Refresh"] = answer.headers["Retry-After"]
    return page


def _values(error: Exception) -> dict[str, Any]:
    return {"seconds": error.retry_after_s} if isinstance(error, errors.TooManyRequests) else {}
