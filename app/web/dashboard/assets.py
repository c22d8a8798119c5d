"""Static files under a URL that changes with their content, so that a browser may cache them forever."""

import hashlib
from functools import cache
from pathlib import Path

from flask import Response, send_from_directory

from app.web import compression
from app.web.access import PUBLIC
from app.web.dashboard.blueprint import dashboard

FOLDER = Path(__file__).parents[1] / "static"
YEAR_S = 365 * 86400


@cache
def version() -> str:
    """Return a hash of all files."""
    content = hashlib.sha256()
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file():
            content.update(path.name.encode() + path.read_bytes())
    return content.hexdigest()[:12]


@dashboard.page("/static/<version>/<path:name>", role=PUBLIC)
def asset(version: str, name: str) -> Response:  # noqa: ARG001 - an old page may ask with an old version
    """Return one of the files."""
    response = compression.of_file(send_from_directory(FOLDER, name, max_age=YEAR_S), FOLDER / name)
    response.headers["Cache-Control"] = f"public, max-age={YEAR_S}, immutable"
    return response


@dashboard.app_template_global()
def asset_url(name: str) -> str:
    """Return a file's URL."""
    return f"/static/{version()}/{name}"
