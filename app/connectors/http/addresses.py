"""Parses the addresses of HTTP servers."""

import httpx

from app.errors import Invalid


def parse_url(text: str, field: str = "url") -> httpx.URL:
    """Return the URL. Raises Invalid for `field` unless it is http(s) without credentials, query or fragment."""
    try:
        url = httpx.URL(text)
        host = url.host  # decoded only now, and may be invalid
    except (httpx.InvalidURL, ValueError):
        raise Invalid(field, "The URL is not valid.") from None
    if url.scheme not in ("http", "https") or not host or (url.port is not None and not 1 <= url.port <= 65535):
        raise Invalid(field, "The URL must look like http://host or https://host:8443/path.")
    if url.userinfo:
        raise Invalid(field, "Put the user name and password in their own fields, not in the URL.")
    if set(text) & set("?#\\ "):
        raise Invalid(field, "The URL must not contain spaces, a query (?) or a fragment (#).")
    return url
