"""Work that is done periodically, but not at every run."""

from app import clock


class Interval:
    """Returns true once per interval; the first time at once."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends_at = float("-inf")

    def is_over(self) -> bool:
        """Return whether it is due; if so, the next interval begins."""
        if clock.monotonic() < self._ends_at:
            return False
        self._ends_at = clock.monotonic() + self._seconds
        return True

    def cut_short(self) -> None:
        """Make it due at the next run."""
        self._ends_at = float("-inf")
