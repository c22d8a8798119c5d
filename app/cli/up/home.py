"""`NAGARE_HOME`, the data folder of all embedded parts: private, used by one `nagare up` at a time."""

import fcntl
import os
import secrets
import time
from pathlib import Path

from app.clock import monotonic
from app.errors import SettingsError

SECRET_KEY = "secret_key"  # noqa: S105 - a file's name
FLOWER_PASSWORD = "flower_password"  # noqa: S105 - a file's name
LOCK = "lock"
LOCK_PATIENCE_S = 2.0


class Home:
    """The folder and the small files in it."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()

    def create(self) -> None:
        """Create the folder, readable only by its owner. Raises SettingsError when it is not writable."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            probe = self.path / f".writable-{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise SettingsError(f"NAGARE_HOME: cannot write to {self.path}: {error.strerror}") from error

    def lock(self) -> int:
        """Lock the folder for this process and for those that inherit the returned file descriptor.

        Raises SettingsError when another `nagare up` has locked it.
        """
        descriptor = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        deadline = monotonic() + LOCK_PATIENCE_S  # what a killed one had started needs a moment to exit
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if monotonic() > deadline:
                    os.close(descriptor)
                    raise SettingsError(f"NAGARE_HOME: another nagare up is running in {self.path}") from error
                time.sleep(0.05)
            else:
                return descriptor

    def is_locked(self) -> bool:
        """Return whether somebody has locked the folder."""
        try:
            descriptor = os.open(self.path / LOCK, os.O_RDONLY)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def read(self, name: str) -> str | None:
        """Return a file's text, or None when there is no such file. Raises SettingsError when it is unreadable."""
        try:
            return (self.path / name).read_text(encoding="utf-8").strip()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            raise SettingsError(f"NAGARE_HOME: cannot read {self.path / name}: {error}") from error

    def write(self, name: str, text: str) -> None:
        """Write a file atomically, readable only by its owner: a crash leaves the old one or the new one."""
        target = self.path / name
        draft = target.with_name(f".{name}-{os.getpid()}")
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"{text}\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)

    def secret(self, name: str) -> str:
        """Return the secret of that name, generated and stored on the first call.

        Raises SettingsError when its file is damaged: a new secret would make everything encrypted with the old one
        worthless.
        """
        found = self.read(name)
        if found is None:
            found = secrets.token_urlsafe(32)
            self.write(name, found)
        if len(found) < 8:
            raise SettingsError(f"NAGARE_HOME: {self.path / name} is damaged: restore it from a backup")
        return found
