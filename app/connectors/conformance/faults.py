"""Faulty responses of a server."""

from collections.abc import Callable, Mapping
from typing import Any

Respond = Callable[[Any], None]

DEEP = 100_000
BYTE_EVERY_S = 0.5
METADATA_URL = "http://169.254.169.254/latest/meta-data/"
PAGE = b"<!DOCTYPE html><html><body><h1>It works!</h1></body></html>"


def status(code: int) -> Respond:
    """Respond with this status and a short message."""
    return lambda request: request.answer({"error": f"status {code}", "message": f"status {code}"}, code)


def redirect(location: str) -> Respond:
    """Respond with a redirect."""
    return lambda request: request.answer(b"", 302, {"Location": location})


def echo(request: Any) -> None:
    """Respond with 400 and echo the whole request in the message."""
    told = f"{[*request.headers.items()]} {request.path} {request.body.decode('utf-8', 'replace')}"
    request.answer({"error": told, "message": told}, 400)


def never_respond(request: Any) -> None:
    """Never respond."""
    request.over.wait()


def respond_slowly(request: Any) -> None:
    """Respond so slowly, byte by byte, that only a deadline for the whole response helps."""
    request.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[")
    while not request.over.wait(BYTE_EVERY_S):
        request.send(b" ")


NOT_A_SOURCE: Mapping[str, Respond] = {
    "an HTML page": lambda request: request.answer(PAGE, headers={"Content-Type": "text/html"}),
    "binary data": lambda request: request.answer(b"\0\xff\xfe<\x80" * 100),
    "an empty body": lambda request: request.answer(b""),
    "half a JSON object": lambda request: request.answer(b'{"result": [{"id": "1", "na'),
    "another protocol": lambda request: request.send(b"SSH-2.0-x\r\n"),
    "a truncated body": lambda request: request.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"),
}
"""No source responds like this."""
WRONG_TYPES: Mapping[str, Respond] = {
    text: lambda request, text=text: request.answer(text.encode())  # type: ignore[misc]
    for text in ("null", "true", "1", "-1.5e308", "NaN", '"text"', "[]", "{}", "[[]]", "[null]", '{"result": [1]}')
}
"""JSON of the wrong type; the key is the whole body."""
NESTED: Mapping[str, Respond] = {
    "lists": lambda request: request.answer(b"[" * DEEP + b"]" * DEEP),
    "objects": lambda request: request.answer(b'{"a":' * DEEP + b"1" + b"}" * DEEP),
}
"""JSON that is nested too deeply for a recursive parser."""
