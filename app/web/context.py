"""What a view knows about its request: the services and the user."""

from collections.abc import Mapping
from typing import Any, cast

from flask import current_app, g

from app.composition import Services
from app.services.access.audit import Editor

EXTENSION = "nagare"

Row = Mapping[Any, Any]
"""A row as the services return it."""


def services() -> Services:
    """Return the services of the application that serves this request."""
    return cast(Services, current_app.extensions[EXTENSION])


def current_user() -> Row:
    """Return the user who sent this request; there is one in every operation that declares a role."""
    return cast(Row, g.user)


def current_editor() -> Editor:
    """Return the user who sent this request, as the author of a change."""
    return Editor(g.user["id"], g.user["username"])


def current_session_id() -> str:
    """Return the id of the session of this request's token."""
    return cast(str, g.session_id)
