"""How many connections each of gunicorn's workers has, in memory that they share."""

import mmap

PLACES = 64
NOBODY = -1


class ConnectionCounts:
    """A count for each worker, known by its number; made before the processes part, it is one for all of them.

    Of more workers than there are places two would share one, and both would seem to have the count that was told last.
    """

    def __init__(self) -> None:
        self._counts = memoryview(mmap.mmap(-1, 4 * PLACES)).cast("i")
        for place in range(PLACES):
            self._counts[place] = NOBODY

    def tell(self, number: int, count: int) -> None:
        """Note how many connections a worker has."""
        self._counts[number % PLACES] = count

    def forget(self, number: int) -> None:
        """Note that a worker takes no more connections."""
        self._counts[number % PLACES] = NOBODY

    def has_most(self, number: int) -> bool:
        """Tell whether another worker has fewer connections than this one."""
        return self._counts[number % PLACES] > min((count for count in self._counts if count != NOBODY), default=0)
