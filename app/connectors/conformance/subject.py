"""The connector under test, in a process of its own: it may hang, crash or take all memory without harm to the test."""

import multiprocessing
import re
import traceback
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from app import clock
from app.connectors.base import MonitorAccess
from app.connectors.conformance.operations import OPERATIONS
from app.connectors.registry import open_connector
from app.errors import Invalid, SourceError

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([__name__])
STOP_S = 5
RESET_PEAK = "5"
"""What /proc/self/clear_refs takes as the order to forget the peak of the memory."""


@dataclass(frozen=True, slots=True)
class Raised:
    """What an operation raised. `code` is a SourceError's, `field` an Invalid's; each is None for other errors."""

    kind: str
    text: str
    code: str | None = None
    field: str | None = None
    is_retryable: bool = False
    trace: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What an operation did: it returned something, raised something, or (neither) had to be killed."""

    returned: Any = None
    raised: Raised | None = None
    is_killed: bool = False
    duration_s: float = 0
    grown_bytes: int = 0
    """How far the process's memory rose above what it had before."""


class Subject:
    """Runs operations of one type of connector inside its `with` block, one after another."""

    def __init__(self, type: str) -> None:
        self._type = type
        self._process: multiprocessing.process.BaseProcess | None = None
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._kill()

    def do(self, access: MonitorAccess, limit_s: float, operation: str, *arguments: Any) -> Seen:
        """Run one of `OPERATIONS` on a new connector; the process is killed after `limit_s` seconds."""
        connection = self._connection or self._start()
        started_at = clock.monotonic()
        try:
            connection.send((access, operation, arguments))
            seen: Seen | None = connection.recv() if connection.poll(limit_s) else None
        except (EOFError, OSError):
            seen = None
        if seen is not None:
            return seen
        self._kill()
        return Seen(is_killed=True, duration_s=clock.monotonic() - started_at)

    def _start(self) -> Connection:
        ours, theirs = CONTEXT.Pipe()
        self._process = CONTEXT.Process(target=_serve, args=(theirs, self._type), daemon=True)
        self._process.start()
        theirs.close()
        self._connection = ours
        return ours

    def _kill(self) -> None:
        if self._process is not None and self._connection is not None:
            self._connection.close()
            self._process.kill()
            self._process.join(STOP_S)
        self._process = self._connection = None


def _serve(connection: Connection, type: str) -> None:
    while True:
        try:
            access, operation, arguments = connection.recv()
        except EOFError:
            return
        seen = _do(type, access, operation, arguments)
        try:
            connection.send(seen)
        except Exception as error:  # noqa: BLE001 - a connector may return what no pickle holds
            connection.send(Seen(raised=Raised(_name(error), f"what it returned cannot be sent: {error}")))


def _do(type: str, access: MonitorAccess, operation: str, arguments: tuple[Any, ...]) -> Seen:
    returned, raised = None, None
    Path("/proc/self/clear_refs").write_text(RESET_PEAK)
    before = _memory("VmRSS")
    started_at = clock.monotonic()
    try:
        with open_connector(type, access) as connector:
            returned = OPERATIONS[operation](connector, *arguments)
    except BaseException as error:  # noqa: BLE001 - to see what a connector raises is what this is for
        raised = _told(error)
    return Seen(
        returned,
        raised,
        duration_s=clock.monotonic() - started_at,
        grown_bytes=_memory("VmHWM") - before,
    )


def _told(error: BaseException) -> Raised:
    return Raised(
        _name(error),
        str(error),
        error.code if isinstance(error, SourceError) else None,
        error.field if isinstance(error, Invalid) else None,
        isinstance(error, SourceError) and error.retryable,
        "".join(traceback.format_exception(error)),
    )


def _name(error: BaseException) -> str:
    kind = type(error)
    return kind.__name__ if kind.__module__ in ("builtins", "app.errors") else f"{kind.__module__}.{kind.__name__}"


def _memory(name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0
