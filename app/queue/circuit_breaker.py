"""A circuit breaker: after a failure of a server, calls fail at once for a moment."""

from app import clock
from app.errors import BrokerUnavailable

OPEN_S = 1.0


class CircuitBreaker:
    """While the circuit is open every call fails at once.

    Otherwise a request to a server behind a silent firewall would spend the whole connection timeout before it returns
    202.
    """

    def __init__(self, server: str) -> None:
        self._server = server
        self._opened_until = 0.0

    def refuse_while_open(self) -> None:
        """Raise BrokerUnavailable while the circuit is open."""
        if clock.monotonic() < self._opened_until:
            raise BrokerUnavailable(f"{self._server} was unavailable a moment ago")

    def trip(self, error: Exception) -> BrokerUnavailable:
        """Open the circuit, and return the error to raise."""
        self._opened_until = clock.monotonic() + OPEN_S
        first_line = str(error).partition("\n")[0]
        return BrokerUnavailable(f"{self._server} is unavailable: {first_line or type(error).__name__}")
