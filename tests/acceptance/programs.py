"""A program of nagare in a process group of its own, with its log in a file."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.cli.processes import alive, descendants, wait_for
from tests.forked import Forked

ROOT = Path(__file__).parents[2]
"""Where the programs find `gunicorn.conf.py`, `wsgi` and `tasks`."""


class Program:
    """Started by its constructor; nothing that it started outlives `kill`."""

    def __init__(self, name: str, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self.process = self._start(command, environment)
        self.pid = self.process.pid

    def _start(self, command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes] | Forked:
        with self.log.open("wb") as log:
            return subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def printed(self) -> str:
        return self.log.read_text()

    def events(self, event: str, task_id: str | None = None) -> list[dict[str, Any]]:
        """What it logged under that name, of that task."""
        lines = [line for line in self.printed.splitlines() if line.startswith("{") and line.endswith("}")]
        found = [entry for entry in map(json.loads, lines) if entry.get("event") == event]
        return [entry for entry in found if task_id in (None, entry.get("task_id"), *entry.get("task_ids", ()))]

    def children(self) -> set[int]:
        return descendants(self.pid)

    def stop(self) -> int:
        """Ask it to end, as an init system does, and return its exit code."""
        self.process.terminate()
        return self.process.wait(timeout=30)

    def kill(self) -> None:
        """End the whole group at once, without a chance to tidy up."""
        group = {self.pid, *self.children()}
        # Also when the leader is gone: its children may go on without it.
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()
        wait_for(lambda: not alive(group), f"the end of {self.name}")


class ForkedProgram(Program):
    """Forked from a process that has its libraries loaded, unless its environment is one for an interpreter's start."""

    def _start(self, command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes] | Forked:
        is_its_own = environment.get("PYTHONPATH") != os.environ.get("PYTHONPATH")
        if command[0] != sys.executable or is_its_own:
            return super()._start(command, environment)
        self.log.write_bytes(b"")
        return Forked(command[1:], environment, self.log, self.log)
