"""Headers of every response: what a browser may do with it, and that nobody caches it."""

from flask import Flask, Response, request

A_YEAR_OF_HTTPS = "max-age=31536000"
PROTECTION = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Also sent with responses that never reach Flask."""


def install(app: Flask) -> None:
    """Add the headers to every response unless its view set its own."""
    app.after_request(_protect)


def _protect(response: Response) -> Response:
    for name, value in PROTECTION.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", A_YEAR_OF_HTTPS)
    return response
