"""Takes a connection away from the server that accepted it, so that it keeps no thread of it busy."""

import os
import socket
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Flask, Response

from app.errors import NoStreams

GUNICORN = "gunicorn.socket"


class TakenOver(Response):
    """The answer of a view whose connection was taken over: the server must write nothing."""

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:  # noqa: ARG002
        """End the request. gunicorn takes this for the application's wish to close without an answer."""
        raise StopIteration


def take_over(environ: Mapping[str, Any]) -> socket.socket:
    """Return the connection of a request, and leave the server one that is closed in its place.

    Raises NoStreams under a server that is not gunicorn, or does TLS itself.
    """
    theirs = environ.get(GUNICORN)
    if type(theirs) is not socket.socket:
        raise NoStreams("this server cannot stream events: run the application under gunicorn, without TLS of its own")
    ours = theirs.dup()
    # The server is going to shut its socket down and close it; that must not reach the client.
    stand_in, other_end = socket.socketpair()
    with stand_in, other_end:
        os.dup2(stand_in.fileno(), theirs.fileno())
    return ours


def accept_websockets(app: Flask, endpoint: str, rule: str) -> None:
    """Let a view answer requests for a WebSocket too, which a rule otherwise does not match."""
    app.add_url_rule(rule, endpoint, app.view_functions[endpoint], methods=["GET"], websocket=True)
