"""The dashboard's cookies: unreadable for scripts and for other sites, including those on the same domain."""

from flask import Response, request

HOST_ONLY = "__Host-"
"""Browsers accept a cookie with this prefix only from this host and only over HTTPS, so that nobody can plant one."""


def read(name: str) -> str | None:
    """Return the value of one of our cookies."""
    return request.cookies.get(_full(name))


def put(response: Response, name: str, value: str, max_age_s: int | None = None) -> None:
    """Set a cookie, by default until the browser is closed."""
    response.set_cookie(
        _full(name), value, max_age=max_age_s, secure=request.is_secure, httponly=True, samesite="Strict"
    )


def remove(response: Response, name: str) -> None:
    """Delete a cookie."""
    response.delete_cookie(_full(name), secure=request.is_secure, httponly=True, samesite="Strict")


def _full(name: str) -> str:
    return f"{HOST_ONLY}{name}" if request.is_secure else name
