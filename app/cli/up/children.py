"""One program under `nagare up`: its process, all its descendants, and its output."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app.cli.up import reaper as reaper_script
from app.cli.up.output import PATIENCE_S, Output
from app.cli.up.reaper import kill_group
from app.clock import monotonic


@dataclass(frozen=True)
class Program:
    """A program to run. It gets `grace_s` seconds to stop by itself; those with `ends_last` are stopped after all
    others."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    pass_fds: tuple[int, ...] = ()
    grace_s: float = 10.0
    ends_last: bool = False


class Reaper:
    """The running `app.cli.up.reaper`: kills the announced processes if `nagare up` cannot."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            # -I keeps the script's folder off the path, where its neighbours could shadow standard modules.
            [sys.executable, "-I", "-S", reaper_script.__file__],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def tell(self, change: str) -> None:
        """Announce one change, `+<pid>` or `-<pid>`."""
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                os.write(self._process.stdin.fileno(), f"{change}\n".encode())

    def close(self) -> None:
        """Let it kill what is still announced, and wait for it to exit."""
        self._process.communicate()


class Child:
    """A program's process, the leader of its own process group.

    It inherits the lock on the data folder, which stays locked until nobody uses the folder any more, even if `nagare
    up` itself was killed.
    """

    def __init__(self, program: Program, output: Output, reaper: Reaper, lock_fd: int) -> None:
        self.program = program
        self.started_at = monotonic()
        self._reaper = reaper
        self._process = subprocess.Popen(
            program.command,
            env=dict(program.environment),
            cwd=program.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(lock_fd, *program.pass_fds),
            start_new_session=True,
            # In the child, so that it never runs without being known to the reaper.
            preexec_fn=lambda: reaper.tell(f"+{os.getpid()}"),
        )
        self._reader: threading.Thread | None = None
        if self._process.stdout is not None:
            self._reader = output.follow(program.name, self._process.stdout)

    @property
    def pid(self) -> int:
        """The id of the process and of its group."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """Return None while it runs, then its exit code, negative for a signal."""
        return self._process.poll()

    def ask_to_end(self) -> None:
        """Send SIGTERM to the process itself: gunicorn and Celery know best how to stop their own children."""
        if self.exit_code() is None:
            self._process.terminate()

    def end(self) -> None:
        """Kill what is left of the process and its descendants, and wait a moment for its last lines."""
        kill_group(self.pid)
        self._process.wait()
        self._reaper.tell(f"-{self.pid}")
        if self._reader is not None:
            self._reader.join(PATIENCE_S)


def in_words(exit_code: int) -> str:
    """Describe how a process exited."""
    return f"exit code {exit_code}" if exit_code >= 0 else f"killed by {signal.Signals(-exit_code).name}"
