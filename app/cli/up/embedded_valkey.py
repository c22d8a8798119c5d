"""The embedded Redis of `nagare up`: a Valkey server from a wheel, its data and its socket under `NAGARE_HOME`.

It listens on a Unix socket in a private folder: a port would be open to every user of the machine.
"""

import hashlib
import os
import socket
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from app.cli.up.children import Program
from app.cli.up.home import Home
from app.errors import SettingsError

SOCKET = "valkey.sock"
FOLDER = "valkey"
LOG = "valkey.log"
SERVER = Path(__file__).with_name("valkey_server.py")
"""The script that becomes the server; never imported here, because it loads a whole client."""
GRACE_S = 3.0


def valkey_url(path: Path) -> str:
    """Return the URL for `REDIS_URL`."""
    return f"unix://{quote(str(path))}"


def last_socket(home: Home) -> Path | None:
    """Return the socket on which Valkey listens, or last listened; None if it never ran."""
    socket_path = home.path / SOCKET
    if socket_path.is_symlink():
        return socket_path.readlink()
    return socket_path if (home.path / FOLDER).is_dir() else None


def choose_socket(home: Home) -> Path:
    """Return the path of Valkey's socket: in the locked data folder, or else in another private one.

    A socket path has at most 107 bytes, and not every file system supports sockets. A link in the data folder leads to
    the other path. Raises SettingsError when neither works.
    """
    wanted = home.path / SOCKET
    wanted.unlink(missing_ok=True)
    if _can_listen(wanted):
        return wanted
    other = _private_folder(home) / SOCKET
    other.unlink(missing_ok=True)
    if not _can_listen(other):
        raise SettingsError(
            f"NAGARE_HOME: Valkey cannot create its socket in {home.path} (is the path too long?) or in {other.parent}:"
            " choose another NAGARE_HOME, or set XDG_RUNTIME_DIR"
        )
    wanted.symlink_to(other)
    return other


def valkey_program(home: Home, socket_path: Path) -> Program:
    """Return the program that runs Valkey."""
    folder = home.path / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(socket_path),
        "unixsocketperm": "700",
        "dir": str(folder),
        "logfile": str(folder / LOG),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        # By default its background job runs ten times a second, which costs a tenth of what an idle nagare costs.
        "hz": "2",
    }
    arguments = [word for name, value in options.items() for word in (f"--{name}", value)]
    environment = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
    command = (sys.executable, "-P", str(SERVER), *arguments)
    return Program("valkey", command, environment, folder, grace_s=GRACE_S, ends_last=True)


def is_answering(socket_path: Path) -> bool:
    """Return whether the server behind this socket has loaded its data and responds."""
    with suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        connection.connect(str(socket_path))
        connection.sendall(b"PING\r\n")
        return connection.recv(16).startswith(b"+PONG")
    return False


def log_path(home: Home) -> Path:
    """Return the path of Valkey's log."""
    return home.path / FOLDER / LOG


def _can_listen(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.bind(str(path))
        except OSError:
            return False
    path.unlink()
    return True


def _private_folder(home: Home) -> Path:
    """Return a folder with a short path for this data folder. Raises SettingsError when it belongs to somebody else."""
    name = f"nagare-{os.getuid()}-{hashlib.sha256(os.fsencode(home.path)).hexdigest()[:12]}"
    folder = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / name
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise SettingsError(f"XDG_RUNTIME_DIR: cannot create {folder}: {error.strerror}") from error
    if not folder.is_dir() or folder.is_symlink() or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise SettingsError(
            f"{folder} is accessible to other users: remove it, or set XDG_RUNTIME_DIR to a folder of your own"
        )
    return folder
