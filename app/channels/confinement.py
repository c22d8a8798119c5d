"""What the code of a service may not do in the process that sends: a rule's address can ask for more than a message."""

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
        *("socket.bind", "socket.sendmsg", "socket.sendto", "syslog.openlog", "syslog.syslog"),
    )
)
"""Audit events: no programs, nothing that listens, no datagrams, no log of this machine."""


class Confinement:
    """Confines this process for good; there is no way back."""

    def __init__(self) -> None:
        self.is_address_refused = False
        # Some services read a template, a key or an attachment from a file that the address names, and send it away.
        libraries = str(Path(certifi.where()).parents[1])
        readable = {sys.prefix, sys.base_prefix, libraries, os.devnull, *_authorities()}
        # As they are written, too: an installer may fill a folder of libraries with links to somewhere else.
        self._readable = {os.path.normpath(path) for path in readable} | {os.path.realpath(path) for path in readable}
        mimetypes.init()  # reads files of the system

    def begin(self) -> None:
        """From here on what is forbidden raises PermissionError."""
        sys.addaudithook(self._judge)

    def _judge(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.connect":
            self._judge_address(arguments[1])
        elif event == "open":
            self._judge_file(arguments[0], arguments[2])
        elif event in FORBIDDEN:
            raise PermissionError(event)

    def _judge_address(self, address: object) -> None:
        # Connections are made to what a name was resolved to, so that a second answer of the DNS cannot slip by.
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
