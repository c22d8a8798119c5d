"""Headers that every answer has: what a browser may do with it, and that nobody keeps a copy."""

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
"""Also of the answers that never reach Flask."""


def install(app: Flask) -> None:
    """Make every answer carry the headers, unless its view chose its own."""
    app.after_request(_protect)


def _protect(response: Response) -> Response:
    for name, value in PROTECTION.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", A_YEAR_OF_HTTPS)
    return response
