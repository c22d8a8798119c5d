"""Observes every request: its duration, its trace, and the id under which it is logged."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request
from structlog.contextvars import bound_contextvars
from uuid_utils import uuid7

from app import clock, tracing
from app.metrics import HTTP_DURATION, HTTP_REQUESTS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ROUTE = "nagare.route"
NO_ROUTE = "unmatched"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
REQUEST_ID = re.compile("[A-Za-z0-9._-]{1,64}")


def install(app: Flask) -> None:
    """Observe every request, before the application sees it."""
    app.before_request(_note_route)
    app.wsgi_app = Observation(app.wsgi_app)  # type: ignore[method-assign]


class Observation:
    """The application as the server sees it."""

    def __init__(self, application: "WSGIApplication") -> None:
        self._application = application

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Handle a request."""
        given = environ.get("HTTP_X_REQUEST_ID", "")
        request_id = given if REQUEST_ID.fullmatch(given) else str(uuid7())
        method = environ["REQUEST_METHOD"] if environ["REQUEST_METHOD"] in METHODS else "other"
        statuses: list[str] = []

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            statuses.append(status.partition(" ")[0])
            return start_response(status, [*headers, ("X-Request-ID", request_id)], *error)

        started_at = clock.monotonic()
        about = {"http.request.method": method, "nagare.request_id": request_id}
        with (
            bound_contextvars(request_id=request_id),
            tracing.span(method, about, "server", environ.get("HTTP_TRACEPARENT")) as span,
        ):
            body = self._application(environ, start)
            route, status = environ.get(ROUTE, NO_ROUTE), statuses[-1] if statuses else "none"
            span.update_name(f"{method} {route}")
            span.set_attribute("http.route", route)
            span.set_attribute("http.response.status_code", status)
        HTTP_REQUESTS.add(method, route, status)
        HTTP_DURATION.observe(clock.monotonic() - started_at, method, route)
        return body


def _note_route() -> Response | None:
    if request.url_rule is not None:
        request.environ[ROUTE] = request.url_rule.rule
    return None
