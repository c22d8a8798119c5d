"""Headers that every answer has: what a browser may do with it, and that nobody keeps a copy."""

from flask import Flask, Response, request

A_YEAR_OF_HTTPS = "max-age=31536000"
NOTHING_MAY_RUN = "default-src 'none'; frame-ancestors 'none'"


def install(app: Flask) -> None:
    """Make every answer carry the headers, unless its view chose its own."""
    app.after_request(_protect)


def _protect(response: Response) -> Response:
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    response.headers.setdefault("Content-Security-Policy", NOTHING_MAY_RUN)
    response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("Cache-Control", "no-store")
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", A_YEAR_OF_HTTPS)
    return response
