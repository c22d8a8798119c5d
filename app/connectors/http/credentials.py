"""The usual credentials of an HTTP API: a bearer token, or HTTP basic authentication."""

import re

from app.connectors.base import MonitorAccess
from app.errors import Invalid


def credentials(access: MonitorAccess) -> tuple[dict[str, str], tuple[str, str] | None]:
    """Return the headers and the basic authentication of a monitor. Raises Invalid if they cannot be sent."""
    if access.api_token:
        if not re.fullmatch(r"[\x21-\x7e]+", access.api_token):
            raise Invalid("api_token", "The API token must consist of visible ASCII characters without spaces")
        return {"Authorization": f"Bearer {access.api_token}"}, None
    if access.username or access.password:
        if not access.username or ":" in access.username:
            raise Invalid("username", "A password requires a user name, and the user name must not contain a colon")
        return {}, (access.username, access.password or "")
    return {}, None
