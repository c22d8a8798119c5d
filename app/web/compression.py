"""Compresses responses for clients that accept gzip.

A secret that is the same in every response does not belong in a page: see `dashboard/csrf.py` for the one that was.
"""

import gzip
from functools import cache
from http import HTTPStatus
from pathlib import Path

from flask import Flask, Response, request

AT_LEAST = 1024
"""Bytes that are worth the effort: less fits in one packet anyway."""
LEVEL = 6
APPLICATION = ("application/json", "application/problem+json", "application/javascript", "image/svg+xml")


def install(app: Flask) -> None:
    """Compress what all other functions have finished: functions run in the reverse order of their registration."""
    app.after_request(_compress)


def is_compressible(response: Response) -> bool:
    """Return whether a response is text that is worth compressing and not compressed yet."""
    mimetype = response.mimetype or ""
    return (mimetype.startswith("text/") and mimetype != "text/event-stream") or mimetype in APPLICATION


def compress(body: bytes) -> bytes:
    """Return the body as gzip, without a time, so that the same body has the same bytes."""
    return gzip.compress(body, LEVEL, mtime=0)


def accepts_gzip() -> bool:
    """Return whether the client of this request accepts gzip."""
    return request.accept_encodings.quality("gzip") > 0


def of_file(response: Response, path: Path) -> Response:
    """Return the response for a file of ours, compressed if the client accepts that. A file is compressed once."""
    if not is_compressible(response) or response.status_code != HTTPStatus.OK:
        return response
    response.vary.add("Accept-Encoding")
    if accepts_gzip():
        response.set_data(_compressed(path))
        response.headers["Content-Encoding"] = "gzip"
        # Both forms are the same file, but not the same bytes.
        response.set_etag(response.get_etag()[0] or path.name, weak=True)
    return response


@cache
def _compressed(path: Path) -> bytes:
    return compress(path.read_bytes())


def _compress(response: Response) -> Response:
    if not is_compressible(response) or response.headers.get("Content-Encoding"):
        return response
    response.vary.add("Accept-Encoding")
    if response.direct_passthrough or response.is_streamed or not accepts_gzip():
        return response
    body = response.get_data()
    if len(body) >= AT_LEAST:
        response.set_data(compress(body))
        response.headers["Content-Encoding"] = "gzip"
    return response
