"""How a server can misbehave: each entry answers one request."""

from collections.abc import Callable, Mapping
from typing import Any

Respond = Callable[[Any], None]

DEEP = 100_000
DRIP_S = 0.5
METADATA_URL = "http://169.254.169.254/latest/meta-data/"
PAGE = b"<!DOCTYPE html><html><body><h1>It works!</h1></body></html>"


def status(code: int) -> Respond:
    """Return what answers with that status and a few words."""
    return lambda request: request.answer({"error": f"status {code}", "message": f"status {code}"}, code)


def redirect(location: str) -> Respond:
    """Return what redirects there."""
    return lambda request: request.answer(b"", 302, {"Location": location})


def echo(request: Any) -> None:
    """Refuse a request with all that it sent as the reason."""
    told = f"{[*request.headers.items()]} {request.path} {request.body.decode('utf-8', 'replace')}"
    request.answer({"error": told, "message": told}, 400)


def stay_silent(request: Any) -> None:
    """Take the request and say nothing."""
    request.over.wait()


def drip(request: Any) -> None:
    """Answer byte by byte, so slowly that no single wait is long."""
    request.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[")
    while not request.over.wait(DRIP_S):
        request.send(b" ")


NO_SOURCE: Mapping[str, Respond] = {
    "an HTML page": lambda request: request.answer(PAGE, headers={"Content-Type": "text/html"}),
    "bytes that are no text": lambda request: request.answer(b"\0\xff\xfe<\x80" * 100),
    "an empty body": lambda request: request.answer(b""),
    "half of a JSON object": lambda request: request.answer(b'{"result": [{"id": "1", "na'),
    "another protocol": lambda request: request.send(b"SSH-2.0-x\r\n"),
    "a body that is cut short": lambda request: request.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"),
}
"""Nothing of that can be an answer of a source."""
WRONG_TYPES: Mapping[str, Respond] = {
    text: lambda request, text=text: request.answer(text.encode())  # type: ignore[misc]
    for text in ("null", "true", "1", "-1.5e308", "NaN", '"text"', "[]", "{}", "[[]]", "[null]", '{"result": [1]}')
}
"""JSON, but hardly what was asked for; the key is the whole body."""
NESTED: Mapping[str, Respond] = {
    "lists": lambda request: request.answer(b"[" * DEEP + b"]" * DEEP),
    "objects": lambda request: request.answer(b'{"a":' * DEEP + b"1" + b"}" * DEEP),
}
"""Trees as deep as no parser should follow."""
