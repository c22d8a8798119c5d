"""The headers of each request to a monitor: the connector's own, and those that its administrator adds."""

import re
from base64 import b64encode
from collections.abc import Mapping

from app.connectors.base import MonitorAccess
from app.errors import Invalid

RESERVED_HEADERS = (
    *("host", "content-length", "content-type", "transfer-encoding", "connection", "accept-encoding"),
    *("upgrade", "te", "trailer", "expect", "keep-alive", "proxy-authorization", "proxy-connection"),
)
NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def basic_authorization(username: str, password: str, field: str = "password") -> str:
    """Return the header of HTTP basic authentication. Raises Invalid for `field` if it cannot be sent."""
    try:
        return f"Basic {b64encode(f'{username}:{password}'.encode()).decode('ascii')}"
    except UnicodeEncodeError:
        raise Invalid(field, "The user name or password contains characters that cannot be sent.") from None


def require_sendable(headers: Mapping[str, str]) -> dict[str, str]:
    """Return a connector's own headers. Raises Invalid for `api_token`, which they are made of."""
    if not all(value.isascii() and value.isprintable() for value in headers.values()):
        raise Invalid("api_token", "The token contains characters that cannot be sent in an HTTP header.")
    return dict(headers)


def all_headers(access: MonitorAccess, own: Mapping[str, str]) -> dict[str, str]:
    """Return a monitor's additional headers and those of the connector itself.

    Raises Invalid for `headers.NAME`, `http_username` or `http_password`.
    """
    _check_additional(access.headers, {name.lower() for name in own})
    given = {**access.headers, **own}
    if not access.http_username:
        if access.http_password:
            raise Invalid("http_username", "A password requires a user name.")
        return given
    if ":" in access.http_username:
        raise Invalid("http_username", "The user name must not contain a colon.")
    if any(name.lower() == "authorization" for name in given):
        raise Invalid(
            "http_username", "HTTP basic authentication and a token both need the header Authorization: give one."
        )
    return given | {
        "Authorization": basic_authorization(access.http_username, access.http_password or "", "http_password")
    }


def _check_additional(headers: Mapping[str, str], taken: set[str]) -> None:
    seen: set[str] = set()
    for name, value in headers.items():
        # A name may be a secret that was pasted into the wrong place: only what is a header's name is repeated.
        if not NAME.fullmatch(name) or len(name) > 100:
            raise Invalid(
                "headers", "A header's name has only ASCII letters, digits and hyphens, such as X-Scope-OrgID."
            )
        field = f"headers.{name}"
        if name.lower() in RESERVED_HEADERS:
            raise Invalid(field, "nagare sets this header itself: leave it out.")
        if name.lower() in seen:
            raise Invalid(field, "This header is given twice.")
        if not (value.isascii() and value.isprintable()):
            raise Invalid(field, "The value has line breaks or characters that cannot be sent: only visible ASCII can.")
        if value != value.strip():
            raise Invalid(field, "The value begins or ends with a space.")
        if name.lower() in taken:
            raise Invalid(field, "The monitor's own credentials already set this header.")
        seen.add(name.lower())
