"""Tells the failure of one host from that of the whole source."""

from app.errors import SourceError, SourceForbidden, SourceRefusedLogin, SourceUnreachable

MANY_PASSING = 4
"""So many hosts in a row that fail as a retry could change are the source's fault."""
MANY_REFUSED = 20
"""So many that fail before any host could be read are the source's fault too."""
WHOLE = (SourceUnreachable, SourceRefusedLogin, SourceForbidden)


class Failures:
    """Counts the hosts in a row that could not be read."""

    def __init__(self) -> None:
        self._in_a_row = 0
        self._has_read = False

    def forget(self) -> None:
        """Take note of a host that could be read."""
        self._in_a_row = 0
        self._has_read = True

    def require_passing(self, error: SourceError) -> None:
        """Raise an error that every other request would meet too: nobody answers, or the login was refused."""
        if isinstance(error, WHOLE) or getattr(error, "retry_after_s", None):
            raise error

    def note(self, error: SourceError) -> None:
        """Take note of a host that could not be read. Raises the error if it is the source that fails."""
        self.require_passing(error)
        self._in_a_row += 1
        is_passing = error.retryable and self._in_a_row >= MANY_PASSING
        if is_passing or (not self._has_read and self._in_a_row >= MANY_REFUSED):
            raise error
