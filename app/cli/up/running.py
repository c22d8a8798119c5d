"""The environment that `nagare up` leaves in its data folder for other terminals while it runs."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from app.cli.up.home import Home

FILE = "running.json"


@contextmanager
def announced(home: Home, environment: Mapping[str, str]) -> Iterator[None]:
    """Announce this process's instance inside the block. The folder must be locked for it."""
    home.write(FILE, json.dumps({"pid": os.getpid(), "environment": environment}))
    try:
        yield
    finally:
        (home.path / FILE).unlink(missing_ok=True)


def find(home: Home) -> Mapping[str, str] | None:
    """Return the environment of the instance in this folder; None when none is running, whatever file is left.

    Raises SettingsError when the file is unreadable.
    """
    text = home.read(FILE)
    if text is None or not home.is_locked():
        return None
    with suppress(ValueError, TypeError, KeyError):
        told = json.loads(text)
        # Processes of a killed one may hold the lock for a moment longer.
        if _is_alive(int(told["pid"])):
            return {str(name): str(value) for name, value in told["environment"].items()}
    return None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
