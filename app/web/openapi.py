"""The OpenAPI document: what flask-smorest derives from the operations, with our errors and our security."""

from http import HTTPStatus
from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from flask import Flask
from flask_smorest import Api

from app import __version__
from app.web.converters import TaskIdConverter
from app.web.problems import MEDIA_TYPE
from app.web.schemas.problems import ProblemSchema

DESCRIPTION = """One API over several monitoring systems. Pulls and pushes are tasks: the request is answered 202 with a
task id, and `GET /api/v1/tasks/{task_id}` tells what became of it. `x-role` is the role that an operation needs,
`x-scope` the scope that an API token needs if it is limited to some; `sign-in` is what no API token may do."""

PROBLEMS = {
    400: "The body is not JSON, or is malformed.",
    401: "There is no valid token.",
    403: "The user's role or the API token's scopes do not allow it.",
    404: "It is not there.",
    409: "The present state forbids it.",
    413: "The body is too large.",
    415: "The body is not of the type application/json.",
    426: "The connection must become a stream of events.",
    422: "A field or a parameter is unknown, missing or wrong; `errors` names it.",
    429: "Too many attempts; `Retry-After` says when to try again.",
    502: "The monitor refused, or its answer was wrong.",
    503: "The database or the broker is away; `Retry-After` says when to try again.",
    504: "The monitor did not answer in time.",
}


class NagareApi(Api):  # type: ignore[misc]
    """flask-smorest's API without its own shape of errors."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """Leave errors to `app.web.problems`."""

    def _register_responses(self) -> None:
        """Document only the errors that `make_api` adds."""

    def _register_pagination_header(self) -> None:
        """Document no such header: pages are in the bodies."""


class Converter(OpenAPIConverter):
    """Documents what a schema says beyond its fields."""

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
    components = api.spec.components
    components.security_scheme(
        "bearer", {"type": "http", "scheme": "bearer", "description": "The access token of a sign-in, or an API token"}
    )
    components.security_scheme(
        "webhook", {"type": "http", "scheme": "bearer", "description": "The token of a monitor's webhook"}
    )
    for status, description in PROBLEMS.items():
        response: dict[str, Any] = {"description": description, "content": {MEDIA_TYPE: {"schema": ProblemSchema}}}
        if status in (429, 503):
            response["headers"] = {"Retry-After": {"required": True, "schema": {"type": "integer"}}}
        components.response(problem_reference(status), response)
    return api


def problem_reference(status: int) -> str:
    """Return the name of the documented answer for an error."""
    return "".join(word.capitalize() for word in HTTPStatus(status).phrase.replace("-", " ").split())
