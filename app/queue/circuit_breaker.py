"""A rest after each failure of a server."""

from app import clock
from app.errors import BrokerUnavailable

REST_S = 1.0


class Rest:
    """During the rest every use fails at once.

    With a server behind a silent firewall a request would otherwise spend the whole connection timeout before it
    answers 202.
    """

    def __init__(self, server: str) -> None:
        self._server = server
        self._until = 0.0

    def refuse_meanwhile(self) -> None:
        """Raise BrokerUnavailable during a rest."""
        if clock.monotonic() < self._until:
            raise BrokerUnavailable(f"{self._server} was not available a moment ago")

    def begin(self, error: Exception) -> BrokerUnavailable:
        """Begin a rest, and return the error to be raised."""
        self._until = clock.monotonic() + REST_S
        first_line = str(error).partition("\n")[0]
        return BrokerUnavailable(f"{self._server} is not available: {first_line or type(error).__name__}")
