"""The OpenAPI document that flask-smorest derives from the operations, with our errors and security schemes."""

from http import HTTPStatus
from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from flask import Flask
from flask_smorest import Api

from app import __version__
from app.web.converters import (
    SECRET_PATTERN,
    SIGNAL_PATTERN,
    SecretConverter,
    SignalConverter,
    TaskIdConverter,
)
from app.web.problems import MEDIA_TYPE
from app.web.schemas.problems import ProblemSchema

DESCRIPTION = """One API over several monitoring systems. Pulls and pushes run as background tasks: the request
returns 202 with a task id, and `GET /api/v1/tasks/{task_id}` returns the task's state and result. `x-role` is the
minimum role for an operation. `x-scope` is the scope that an API token needs if its scopes are limited; `sign-in` means
that the operation accepts no API token."""

PROBLEMS = {
    400: "The request is malformed, for example the body is not valid JSON.",
    401: "The token is missing, invalid or expired.",
    403: "The user's role or the API token's scopes do not allow this operation.",
    404: "The resource does not exist.",
    409: "The request conflicts with the current state of the resource.",
    413: "The request body is too large.",
    415: "The request's Content-Type is not application/json.",
    426: "A WebSocket upgrade or `Accept: text/event-stream` is required.",
    422: "A field or parameter is unknown, missing or invalid; `errors` names it.",
    429: "Too many requests or failed attempts; retry after `Retry-After` seconds.",
    502: "The monitor rejected the request or returned an invalid response.",
    503: "The database or the broker is unavailable, or the server is overloaded; retry after `Retry-After` seconds.",
    504: "The monitor did not respond in time.",
}


class NagareApi(Api):  # type: ignore[misc]
    """flask-smorest's API without its own error format."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """Leave errors to `app.web.problems`."""

    def _register_responses(self) -> None:
        """Document only the errors that `make_api` adds."""

    def _register_pagination_header(self) -> None:
        """Document no pagination header: cursors are in the bodies."""


class Converter(OpenAPIConverter):
    """Documents what a schema declares beyond its fields."""

    def schema2jsonschema(self, schema: Any) -> dict[str, Any]:
        """Return the JSON schema of a marshmallow schema."""
        fields = super().schema2jsonschema(schema)  # type: ignore[no-untyped-call]
        return {**fields, **getattr(schema, "json_schema", {})}


class Plugin(MarshmallowPlugin):
    """Uses our converter."""

    Converter = Converter


def make_api(app: Flask) -> NagareApi:
    """Give the application an OpenAPI document that its blueprints will fill."""
    app.config.update(API_TITLE="nagare", API_VERSION=__version__, OPENAPI_VERSION="3.1.0")
    api = NagareApi(app, spec_kwargs={"info": {"description": DESCRIPTION}, "marshmallow_plugin": Plugin()})
    api.register_converter(TaskIdConverter, lambda _: {"type": "string", "maxLength": 80})
    api.register_converter(SecretConverter, lambda _: _matching(SECRET_PATTERN))
    api.register_converter(SignalConverter, lambda _: _matching(SIGNAL_PATTERN))
    components = api.spec.components
    components.security_scheme(
        "bearer",
        {"type": "http", "scheme": "bearer", "description": "An access token from `/auth/login`, or an API token"},
    )
    components.security_scheme(
        "webhook", {"type": "http", "scheme": "bearer", "description": "A monitor's webhook token"}
    )
    components.security_scheme(
        "webhook_password",
        {
            "type": "http",
            "scheme": "basic",
            "description": "Any user name, with a monitor's webhook token as the password",
        },
    )
    for status, description in PROBLEMS.items():
        response: dict[str, Any] = {"description": description, "content": {MEDIA_TYPE: {"schema": ProblemSchema}}}
        if status in (429, 503):
            response["headers"] = {"Retry-After": {"required": True, "schema": {"type": "integer"}}}
        components.response(problem_reference(status), response)
    return api


def _matching(pattern: str) -> dict[str, str]:
    return {"type": "string", "pattern": f"^({pattern})$"}


def problem_reference(status: int) -> str:
    """Return the name of the documented response for a status."""
    return "".join(word.capitalize() for word in HTTPStatus(status).phrase.replace("-", " ").split())
