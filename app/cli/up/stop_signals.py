"""Ctrl-C, SIGTERM and SIGHUP under `nagare up`: the first one stops, a second Ctrl-C kills."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from app.clock import monotonic

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SAME_CTRL_C_S = 0.5


class StopSignals:
    """The stop signals received so far."""

    def __init__(self) -> None:
        self._asked_at: float | None = None
        self._is_deferred = False
        self.is_urgent = False

    def install(self) -> None:
        """Install the handlers; under nohup, SIGHUP stays ignored."""
        for number in SIGNALS:
            # A script's background job inherits an ignored SIGINT, but whoever sends one there means it.
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._receive)

    def is_asked(self) -> bool:
        """Return whether to stop."""
        return self._asked_at is not None

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Raise nothing inside the block, where an exception could come between two steps that belong together."""
        self._is_deferred = True
        try:
            yield
        finally:
            self._is_deferred = False

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        now = monotonic()
        if self._asked_at is None:
            self._asked_at = now
            if not self._is_deferred:
                raise KeyboardInterrupt
        # One Ctrl-C can arrive twice: from the terminal, and forwarded by the process that started us.
        if number == signal.SIGINT and now - self._asked_at > SAME_CTRL_C_S:
            self.is_urgent = True
