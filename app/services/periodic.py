"""Timing for work that is done at intervals, not at every tick."""

from app import clock


class Interval:
    """Becomes due once every `seconds`, and immediately the first time."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends_at = float("-inf")

    def is_over(self) -> bool:
        """Return whether it is due; if so, start the next interval."""
        if clock.monotonic() < self._ends_at:
            return False
        self._ends_at = clock.monotonic() + self._seconds
        return True

    def cut_short(self) -> None:
        """Make it due at the next tick."""
        self._ends_at = float("-inf")
