"""The dashboard's cookies: out of reach of scripts and of other sites, those on the same domain among them."""

from flask import Response, request

HOST_ONLY = "__Host-"
"""Browsers take a cookie of such a name from this very host alone, and over HTTPS alone: none can be planted."""


def read(name: str) -> str | None:
    """Return the value of a cookie that we set."""
    return request.cookies.get(_full(name))


def put(response: Response, name: str, value: str, max_age_s: int | None = None) -> None:
    """Have the browser keep a value, by default until it is closed."""
    response.set_cookie(
        _full(name), value, max_age=max_age_s, secure=request.is_secure, httponly=True, samesite="Strict"
    )


def remove(response: Response, name: str) -> None:
    """Take a cookie away."""
    response.delete_cookie(_full(name), secure=request.is_secure, httponly=True, samesite="Strict")


def _full(name: str) -> str:
    return f"{HOST_ONLY}{name}" if request.is_secure else name
