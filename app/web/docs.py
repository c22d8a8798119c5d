"""The page to read and try the API: Swagger UI from our own server, fed with the OpenAPI document."""

from pathlib import Path

import flask_swagger_ui
from flask import Blueprint, Response, current_app, json, render_template, send_from_directory

from app.web import compression
from app.web.access import PUBLIC, declare_role

SWAGGER_UI = Path(flask_swagger_ui.__file__).parent / "dist"
OWN_FILES = Path(__file__).parent / "static"
DOCUMENT = "nagare.openapi"
CACHE_S = 3600
# Swagger UI sets style attributes and has its icons in data: URLs; scripts come only from our own files.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)

docs = Blueprint("docs", __name__, template_folder="templates")


@docs.get("/docs")
@declare_role(PUBLIC)
def page() -> Response:
    """Return the page."""
    response = Response(render_template("docs.html"))
    response.headers["Content-Security-Policy"] = POLICY
    return response


@docs.get("/docs/swagger-ui/<path:name>")
@declare_role(PUBLIC)
def swagger_ui(name: str) -> Response:
    """Return one of Swagger UI's files."""
    return compression.of_file(send_from_directory(SWAGGER_UI, name, max_age=CACHE_S), SWAGGER_UI / name)


@docs.get("/docs/static/<path:name>")
@declare_role(PUBLIC)
def own_file(name: str) -> Response:
    """Return one of the page's own files."""
    return send_from_directory(OWN_FILES, name, max_age=CACHE_S)


@docs.get("/api/v1/openapi.json")
@declare_role(PUBLIC)
def openapi() -> Response:
    """Return the OpenAPI document. It is rendered once, because that is slow and anybody may ask for it."""
    text = current_app.extensions.get(DOCUMENT)
    if text is None:
        spec = current_app.extensions["flask-smorest"]["apis"][""]["ext_obj"].spec
        text = current_app.extensions[DOCUMENT] = json.dumps(spec.to_dict())
    return Response(text, content_type="application/json")
