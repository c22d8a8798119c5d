"""Python programs forked from a process that has nagare's libraries loaded: an interpreter of its own takes a second.

They run what `python -m` runs, in a process with its own session, environment and files. Only their command line is the
server's; what looks at command lines, or at how an interpreter starts, starts one.
"""

import atexit
import io
import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerContext
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOADED = (
    *("app.composition", "app.web", "app.web.server.worker", "gunicorn.app.wsgiapp", "tests.apprise_plugins"),
    *("app.channels.chat.slack_client", "app.channels.chat.telegram_client", "app.channels.chat.lark_client"),
    *("celery.bin.celery", "celery.apps.worker", "celery.concurrency.prefork", "celery.events.state"),
    *("celery.worker.consumer", "celery.worker.pidbox", "celery.app.log", "kombu.transport.redis"),
)
"""Nothing here reads the environment as it is imported."""


def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*LOADED])
    return context


CONTEXT = _context()


class Forked:
    """A program as `subprocess.Popen` shows one; its output goes to a file."""

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        output: Path,
        errors: Path,
        given: Path = Path(os.devnull),
    ) -> None:
        files = str(given), str(output), str(errors)
        self._process = CONTEXT.Process(target=_run, args=([*arguments], {**environment}, *files), daemon=False)
        self._process.start()
        self.pid = self._process.pid or 0

    @property
    def returncode(self) -> int | None:
        """Return the exit code, negative after a signal, and None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code. Raises subprocess.TimeoutExpired."""
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            raise subprocess.TimeoutExpired("a forked program", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()


def run(
    arguments: Sequence[str], environment: Mapping[str, str], given: bytes = b"", timeout_s: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, and return what it printed. Raises subprocess.TimeoutExpired."""
    with tempfile.TemporaryDirectory() as folder:
        input_, output, errors = (Path(folder) / name for name in ("input", "output", "errors"))
        input_.write_bytes(given)
        program = Forked(arguments, environment, output, errors, input_)
        try:
            code = program.wait(timeout_s)
        finally:
            program.kill()
        return subprocess.CompletedProcess([*arguments], code, output.read_text(), errors.read_text())


def _run(arguments: list[str], environment: dict[str, str], given: str, output: str, errors: str) -> None:
    """Become the program: `-m MODULE …` or `-c CODE …`."""
    os.setsid()
    os.chdir(ROOT)
    _write_to(1, output)
    _write_to(2, errors)
    sys.stdin = Path(given).open(encoding="utf-8")  # noqa: SIM115
    sys.stdout, sys.stderr = _text(1), _text(2)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    kind, what, *rest = arguments
    sys.argv = [what if kind == "-m" else "-c", *rest]
    sys.path.insert(0, str(ROOT))
    try:
        if kind == "-m":
            runpy.run_module(what, run_name="__main__", alter_sys=True)
        else:
            exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})
    finally:
        # multiprocessing ends its processes without.
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()


def _write_to(descriptor: int, path: str) -> None:
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(opened, descriptor)
    os.close(opened)


def _text(descriptor: int) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.FileIO(descriptor, "w", closefd=False), encoding="utf-8", write_through=True)
