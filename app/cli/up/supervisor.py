"""Supervises the programs of `nagare up`: starts them, restarts them when they crash, stops them in order.

honcho's Manager does not fit: it stops everything when one process ends, where a crashed worker should be restarted; it
starts a shell between itself and each process; and its children outlive it when it is killed.
"""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from app.cli.up.children import Child, Program, Reaper, in_words
from app.cli.up.output import Output
from app.cli.up.stop_signals import StopSignals
from app.clock import monotonic
from app.errors import NagareError

POLL_S = 0.05
WATCH_S = 0.5
"""Interval between two checks once everything runs: a signal ends it, and a crashed program waits a second anyway."""
BACKOFF_CAP_S = 30.0
CALM_AFTER_S = 60.0


class StartError(NagareError):
    """A program exited, or did not respond in time, during the start."""

    code = "program_ended"


class Supervisor:
    """Runs programs inside its `with` block, and leaves none of them running after it.

    A stop signal raises KeyboardInterrupt inside the block.
    """

    def __init__(self, output: Output, lock_fd: int) -> None:
        self._output = output
        self._lock_fd = lock_fd
        self._signals = StopSignals()
        self._children: list[Child] = []
        self._waiting: list[tuple[float, Program]] = []
        self._crashes: dict[str, int] = {}

    def __enter__(self) -> Self:
        self._reaper = Reaper()
        self._signals.install()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._signals.deferred():
            self._stop([child for child in self._children if not child.program.ends_last])
            self._stop([child for child in self._children if child.program.ends_last])
            self._reaper.close()

    def start(self, program: Program) -> None:
        """Start the program."""
        # A child that is not in the list would be killed at the end instead of stopped.
        with self._signals.deferred():
            self._children.append(Child(program, self._output, self._reaper, self._lock_fd))

    def wait_until(self, is_true: Callable[[], bool], what: str, timeout_s: float) -> None:
        """Wait until a program is ready. Raises StartError when a program exits first, or after the timeout."""
        deadline = monotonic() + timeout_s
        while not is_true():
            for child in self._children:
                code = child.exit_code()
                if code is not None:
                    raise StartError(f"{child.program.name} exited ({in_words(code)}) before {what}")
            if monotonic() > deadline:
                raise StartError(f"timed out after {timeout_s:.0f} s, before {what}")
            self._pause()

    def watch(self) -> None:
        """Restart what exits, until a signal raises KeyboardInterrupt."""
        while True:
            for child in list(self._children):
                self._notice_crash(child)
            for start_at, program in list(self._waiting):
                if monotonic() >= start_at:
                    self._waiting.remove((start_at, program))
                    self.start(program)
            self._pause(WATCH_S)

    def _notice_crash(self, child: Child) -> None:
        code = child.exit_code()
        if code is None:
            return
        child.end()
        self._children.remove(child)
        name = child.program.name
        was_calm = monotonic() - child.started_at > CALM_AFTER_S
        self._crashes[name] = 1 if was_calm else self._crashes.get(name, 0) + 1
        delay_s = min(BACKOFF_CAP_S, 2.0 ** (self._crashes[name] - 1))
        self._waiting.append((monotonic() + delay_s, child.program))
        self._output.say(f"{name} exited ({in_words(code)}); restarting it in {delay_s:.0f} s")

    def _pause(self, pause_s: float = POLL_S) -> None:
        # An exception that a signal raised inside a callback or a destructor gets lost; the request to stop does not.
        if self._signals.is_asked():
            raise KeyboardInterrupt
        time.sleep(pause_s)

    def _stop(self, children: list[Child]) -> None:
        """Stop them; kill them after their grace period or on a second Ctrl-C."""
        for child in children:
            child.ask_to_end()
        asked_at = monotonic()
        for child in children:
            patience_ends = asked_at + child.program.grace_s
            while child.exit_code() is None and not self._signals.is_urgent and monotonic() < patience_ends:
                time.sleep(POLL_S)
            child.end()
