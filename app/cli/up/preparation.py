"""The process in which `nagare up` migrates the database and creates the first user and the demo fleet.

It exits afterwards, which frees the memory that `nagare up` itself no longer needs.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from app.cli.up.programs import FOLDER

GO_ON = b"go on\n"


@dataclass(frozen=True)
class FirstSteps:
    """What to tell the operator: the password if it was generated, and the id of a monitor."""

    generated_password: str | None = None
    monitor_id: int | None = None

    def __repr__(self) -> str:
        return "FirstSteps(…)"


class Preparation:
    """Runs `nagare prepare` inside its `with` block; if that fails, the methods exit with its exit code.

    `environment` has the settings, including the admin's password.
    """

    def __init__(self, environment: Mapping[str, str], lock_fd: int, *, is_demo_wanted: bool) -> None:
        arguments = ("prepare", "--demo" if is_demo_wanted else "--no-demo")
        self._process = subprocess.Popen(
            (sys.executable, "-m", "app.cli", *arguments),
            env=dict(environment),
            cwd=FOLDER,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=(lock_fd,),
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def wait_for_schema(self) -> None:
        """Return when the database is migrated."""
        self._next_line()

    def take_first_steps(self) -> FirstSteps:
        """Have the first user and the demo fleet created, on the first start."""
        if self._process.stdin is not None:
            self._process.stdin.write(GO_ON)
            self._process.stdin.flush()
        return FirstSteps(**json.loads(self._next_line()))

    def _next_line(self) -> bytes:
        line = b"" if self._process.stdout is None else self._process.stdout.readline()
        if not line:
            sys.exit(self._process.wait() or 1)
        return line
