"""Error responses: every error becomes `application/problem+json` (RFC 9457) without internal details."""

import logging
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, json, request
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException

from app import errors

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 5
MAX_BODY_BYTES = 1024 * 1024
MAX_POST_BYTES = 16 * MAX_BODY_BYTES
"""For the webhook: Alertmanager sends a whole group at once, and does not retry one that is rejected."""

STATUS: Mapping[type[errors.NagareError], HTTPStatus] = {
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.Unauthorized: HTTPStatus.UNAUTHORIZED,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    errors.BrokerUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.DatabaseUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.Overloaded: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.TooManyStreams: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.NoStreams: HTTPStatus.UPGRADE_REQUIRED,
    errors.TaskFailed: HTTPStatus.CONFLICT,
    errors.SourceError: HTTPStatus.BAD_GATEWAY,
    errors.SourceTimeout: HTTPStatus.GATEWAY_TIMEOUT,
    errors.SourceReadOnly: HTTPStatus.CONFLICT,
    errors.SourceConflict: HTTPStatus.CONFLICT,
}
HTTP_CODES = {400: "malformed", 413: "too_large", 422: "invalid"}
HTTP_DETAILS = {
    404: "There is no resource at this URL.",
    405: "This URL does not support that method.",
}

log = logging.getLogger(__name__)


def install(app: Flask) -> None:
    """Convert every error of the application to one format."""
    app.register_error_handler(errors.NagareError, _answer_known)
    app.register_error_handler(ValidationError, _answer_invalid)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(Exception, _answer_unexpected)


def problem(
    status: int,
    code: str,
    detail: str,
    fields: Mapping[str, list[str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Build the response for an error; `fields` has the messages for each invalid field."""
    body = members(status, code, detail)
    if fields:
        body["errors"] = fields
    return Response(json.dumps(body), status, headers, content_type=MEDIA_TYPE)


def members(status: int, code: str, detail: str) -> dict[str, Any]:
    """Return the members that every problem has."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        "code": code,
    }


def code_of(status: HTTPStatus) -> str:
    """Return the code of an error of which only the status is known."""
    return HTTP_CODES.get(status, status.phrase.lower().replace(" ", "_").replace("-", "_"))


def answer(error: Exception) -> Response:
    """Build the response for any error, as the application would."""
    if isinstance(error, errors.NagareError):
        return _answer_known(error)
    if isinstance(error, ValidationError):
        return _answer_invalid(error)
    return _answer_http(error) if isinstance(error, HTTPException) else _answer_unexpected(error)


def known(error: errors.NagareError, content: Mapping[str, int]) -> Response:
    """Build the response for an error with what is still known, under `known`."""
    response = _answer_known(error)
    response.set_data(json.dumps({**json.loads(response.get_data()), "known": content}))
    return response


def _answer_known(error: errors.NagareError) -> Response:
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), None)
    if status is None:
        return _answer_unexpected(error)
    headers = {}
    if isinstance(error, errors.TooManyRequests):
        headers["Retry-After"] = str(error.retry_after_s)
    elif status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_AFTER_S)
    elif status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    fields = {error.field: [str(error)]} if isinstance(error, errors.Invalid | errors.NameTaken) else None
    if isinstance(error, errors.AllAlertsRefused):
        fields = {place: [reason] for place, reason in error.reasons.items()}
    detail = f"{error.field}: {error}" if isinstance(error, errors.Invalid) else str(error)
    return problem(status, error.code, detail, fields, headers)


def _answer_invalid(error: ValidationError) -> Response:
    fields: dict[str, list[str]] = {}
    for field, message in _flatten("", error.messages):
        fields.setdefault(field, []).append(message)
    detail = " ".join(f"{field}: {' '.join(messages)}" for field, messages in fields.items())
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, errors.Invalid.code, detail, fields)


def _answer_http(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    headers = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    detail = HTTP_DETAILS.get(status) or error.description or status.phrase
    if status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        detail = f"The body is larger than {request.max_content_length} bytes."
    return problem(status, code_of(status), detail, None, headers)


def _answer_unexpected(error: Exception) -> Response:
    log.error("A request failed unexpectedly", exc_info=error, extra={"action": "request_failed"})
    detail = "An internal error occurred; see the server's log for details."
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", detail)


def _flatten(path: str, messages: Any) -> Iterator[tuple[str, str]]:
    """Turn `{"filter": {"severity": ["…"]}}` into `("filter.severity", "…")`; `_schema` means the whole body."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            name = "" if key == "_schema" else str(key)
            yield from _flatten(".".join(filter(None, (path, name))), inner)
    elif isinstance(messages, list):
        for inner in messages:
            yield from _flatten(path, inner)
    else:
        yield path or "body", str(messages)
