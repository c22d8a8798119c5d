"""The Redis that `nagare up` brings along: a Valkey server from a wheel, its data under `NAGARE_HOME`."""

import os
import socket
import sys
from contextlib import suppress
from pathlib import Path

from app.cli.children import Program
from app.cli.home import VALKEY_PORT, Home

ADDRESS = "127.0.0.1"
FOLDER = "valkey"
LOG = "valkey.log"
SERVER = Path(__file__).with_name("valkey_server.py")
"""What becomes the server; never imported here, since it loads a whole client."""
GRACE_S = 3.0


def valkey_url(port: int) -> str:
    """Return the address for `REDIS_URL`."""
    return f"redis://{ADDRESS}:{port}/0"


def last_port(home: Home) -> int | None:
    """Return the port that Valkey has, or had when it last ran."""
    text = home.read(VALKEY_PORT) or ""
    return int(text) if text.isdigit() and int(text) < 65536 else None


def choose_port(home: Home) -> int:
    """Return the port of the last time when it is free, so that bookmarks of it keep working, else any free one."""
    port = _free_port(last_port(home) or 0) or _free_port(0)
    home.write(VALKEY_PORT, str(port))
    return port


def valkey_program(home: Home, port: int) -> Program:
    """Return the program that runs Valkey."""
    folder = home.path / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    options = {
        "bind": ADDRESS,
        "port": str(port),
        "dir": str(folder),
        "logfile": str(folder / LOG),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        # It looks after itself ten times a second, which is a tenth of what an idle nagare costs.
        "hz": "2",
    }
    arguments = [word for name, value in options.items() for word in (f"--{name}", value)]
    environment = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
    command = (sys.executable, "-P", str(SERVER), *arguments)
    return Program("valkey", command, environment, folder, grace_s=GRACE_S, ends_last=True)


def is_answering(port: int) -> bool:
    """Tell whether the server at this port has loaded its data and answers."""
    with suppress(OSError), socket.create_connection((ADDRESS, port), timeout=1) as connection:
        connection.sendall(b"PING\r\n")
        return connection.recv(16).startswith(b"+PONG")
    return False


def log_path(home: Home) -> Path:
    """Return where Valkey says what is wrong with it."""
    return home.path / FOLDER / LOG


def _free_port(wanted: int) -> int:
    """Return the port if it is free (any free one for 0), else 0."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, wanted))
        except OSError:
            return 0
        return int(probe.getsockname()[1])
