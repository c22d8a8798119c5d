"""The socket of the API, opened by `nagare up` and handed to gunicorn."""

import os
import socket

from app.errors import SettingsError

BACKLOG = 512


def listen(host: str, port: int, named: str) -> socket.socket:
    """Open the API's socket; `named` says in an error where host and port are set.

    It is opened before anything else starts, so that a taken port is reported at once and the port cannot be lost
    later: while gunicorn restarts, clients wait instead of being refused. Raises SettingsError.
    """
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise SettingsError(f"{named}: {host} is not an address of this machine: {error.strerror}") from error
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(where)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        reason = os.strerror(error.errno or 0).lower()
        raise SettingsError(f"{named}: cannot listen on {host}:{port}: {reason}") from error
    return listener
