"""Restricts the sending process: an address may make a service's code do more than send a message."""

import contextlib
import mimetypes
import os
import ssl
import sys
from pathlib import Path
from typing import Any

import certifi

from app.rules.forbidden_addresses import is_callable

FORBIDDEN = frozenset(
    (
        *("os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "subprocess.Popen"),
        *("socket.bind", "socket.sendto", "syslog.openlog", "syslog.syslog"),
    )
)
"""Audit events that are blocked: programs, listening sockets, datagrams, this machine's log."""


class Confinement:
    """Confines this process permanently; it cannot be undone."""

    def __init__(self) -> None:
        self.is_address_refused = False
        # Some services read a template, key or attachment from a file that the address names, and send it.
        libraries = str(Path(certifi.where()).parents[1])
        readable = {sys.prefix, sys.base_prefix, libraries, os.devnull, *_authorities()}
        # Also the paths as written: an installer may fill a library folder with links to other places.
        self._readable = {os.path.normpath(path) for path in readable} | {os.path.realpath(path) for path in readable}
        mimetypes.init()  # reads system files

    def begin(self) -> None:
        """Start the confinement: what is forbidden raises PermissionError from now on."""
        sys.addaudithook(self._judge)

    def _judge(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.connect":
            self._judge_address(arguments[1])
        elif event == "open":
            self._judge_file(arguments[0], arguments[2])
        elif event in FORBIDDEN or (event == "socket.sendmsg" and arguments[1] is not None):
            # Without an address, it sends over a connection that was allowed.
            raise PermissionError(event)

    def _judge_address(self, address: object) -> None:
        # Connections are made to the resolved address, so a second DNS answer cannot bypass the check.
        with contextlib.suppress(ValueError):
            if isinstance(address, tuple) and is_callable(address[0]):
                return
        self.is_address_refused = True
        raise PermissionError("a link-local, metadata or multicast address")

    def _judge_file(self, path: object, flags: int) -> None:
        if isinstance(path, str | bytes | os.PathLike):
            name = os.path.normpath(os.fsdecode(path))
            is_readable = any(name == root or name.startswith(f"{root}/") for root in self._readable)
            if not is_readable or (flags & os.O_ACCMODE != os.O_RDONLY and name != os.devnull):
                raise PermissionError("a file outside of Python, or one to write")


def _authorities() -> list[str]:
    paths = ssl.get_default_verify_paths()
    return [path for path in (paths.cafile, paths.capath) if path]
