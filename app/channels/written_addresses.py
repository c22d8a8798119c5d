"""Checks a host that is written as an IP address, in any notation."""

import socket

from app.rules.forbidden_addresses import is_callable


def is_written_address_callable(host: str) -> bool:
    """Return whether nagare may connect to a host; a name is checked only when it is resolved to connect."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), None, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return True
    return all(is_callable(str(entry[4][0])) for entry in found)
