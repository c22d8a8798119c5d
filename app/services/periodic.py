"""What is done again and again, but not at every turn."""

from app import clock


class Interval:
    """Tells once in so many seconds that it is time; the first time at once."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends_at = float("-inf")

    def is_over(self) -> bool:
        """Tell whether it is time; then the next interval begins."""
        if clock.monotonic() < self._ends_at:
            return False
        self._ends_at = clock.monotonic() + self._seconds
        return True

    def cut_short(self) -> None:
        """Have it be time at the next turn."""
        self._ends_at = float("-inf")
