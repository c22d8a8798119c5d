"""The process in which `nagare up` migrates the database and makes the first user and the demo fleet.

It ends when that is done, and with it goes the memory of all that `nagare up` itself has no use for any more.
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
    """What an operator must know of what was made: the password if this start made it up, and some monitor's id."""

    generated_password: str | None = None
    monitor_id: int | None = None

    def __repr__(self) -> str:
        return "FirstSteps(…)"


class Preparation:
    """Runs `nagare prepare` inside its `with` block; the methods exit as that does when it fails.

    `environment` has the settings, that of the admin's password among them.
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
        """Return when the database is up to date."""
        self._next_line()

    def take_first_steps(self) -> FirstSteps:
        """Have the first user and the demo fleet made, on a first start."""
        if self._process.stdin is not None:
            self._process.stdin.write(GO_ON)
            self._process.stdin.flush()
        return FirstSteps(**json.loads(self._next_line()))

    def _next_line(self) -> bytes:
        line = b"" if self._process.stdout is None else self._process.stdout.readline()
        if not line:
            sys.exit(self._process.wait() or 1)
        return line
