"""Runs the connector in its own process: the test survives if it hangs, crashes or uses all memory."""

import multiprocessing
import re
import traceback
from contextlib import suppress
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
"""Written to /proc/self/clear_refs, it resets the peak of the resident memory."""


@dataclass(frozen=True, slots=True)
class RaisedError:
    """An error of an operation. Only a SourceError has a `code`, only an Invalid has a `field`."""

    kind: str
    text: str
    code: str | None = None
    field: str | None = None
    is_retryable: bool = False
    trace: str = ""


@dataclass(frozen=True, slots=True)
class CallResult:
    """The result of an operation: it returned a value, raised an error, or its process ended."""

    returned: Any = None
    raised: RaisedError | None = None
    is_killed: bool = False
    duration_s: float = 0
    grown_bytes: int = 0
    """How much the process's resident memory grew at its peak."""


class ConnectorProcess:
    """Runs operations of one type of connector, one after another, inside its `with` block."""

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

    def do(self, access: MonitorAccess, limit_s: float, operation: str, *arguments: Any) -> CallResult:
        """Run one of `OPERATIONS` on a new connector; the process is killed after `limit_s` seconds."""
        connection = self._connection or self._start()
        started_at = clock.monotonic()
        try:
            connection.send((access, operation, arguments))
            result: CallResult | None = connection.recv() if connection.poll(limit_s) else None
        except (EOFError, OSError):
            result = None
        if result is not None:
            return result
        self._kill()
        return CallResult(is_killed=True, duration_s=clock.monotonic() - started_at)

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
        result = _do(type, access, operation, arguments)
        try:
            connection.send(result)
        except Exception as error:  # noqa: BLE001 - a connector can return anything, also what cannot be pickled
            connection.send(
                CallResult(raised=RaisedError(_name(error), f"the returned value cannot be pickled: {error}"))
            )


def _do(type: str, access: MonitorAccess, operation: str, arguments: tuple[Any, ...]) -> CallResult:
    returned, raised = None, None
    with suppress(OSError):  # without the permission, an earlier peak counts
        Path("/proc/self/clear_refs").write_text(RESET_PEAK)
    before = _memory_bytes("VmRSS")
    started_at = clock.monotonic()
    try:
        with open_connector(type, access) as connector:
            returned = OPERATIONS[operation](connector, *arguments)
    except BaseException as error:  # noqa: BLE001 - whatever the connector raises is the result
        raised = _describe(error)
    return CallResult(
        returned,
        raised,
        duration_s=clock.monotonic() - started_at,
        grown_bytes=_memory_bytes("VmHWM") - before,
    )


def _describe(error: BaseException) -> RaisedError:
    return RaisedError(
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


def _memory_bytes(name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0
