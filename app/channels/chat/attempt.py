"""One attempt to send a message, as the process that makes it knows it."""

import socket
import ssl
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from app.channels.confinement import Confinement
from app.channels.sender import Outcome
from app.rules.response.plain_text import one_line

MAX_REASON = 200
REFUSED_ADDRESS = "the address is link-local, multicast or a metadata service; nagare does not connect to those"
HIDDEN = "the service rejected the message"


class Refused(Exception):
    """The service answered, and did not take the message; the reason may hold words of the service."""

    def __init__(self, reason: str, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class Attempt:
    """Knows whether the request that holds the message has left: from then on nobody knows whether it arrived."""

    def __init__(self, secrets: list[str], confinement: Confinement) -> None:
        # A service that repeats half of a token has revealed it too.
        self._secrets = [part for secret in secrets for part in secret.split(":") if len(part) >= 8]
        self._confinement = confinement
        self._is_message = False
        self.is_written = False
        self.status: int | None = None
        """The HTTP status of the answer, where the library does not tell it."""
        self.retry_after_s: float | None = None

    def watch(self) -> None:
        """Notice what leaves by `http.client`, which Slack's and Lark's libraries use."""
        sys.addaudithook(self._notice)

    def begin_message(self) -> None:
        """Say that the next request holds the message: those before it, such as one for a token, do not."""
        self._is_message = True

    def note_written(self) -> None:
        """Say that the request leaves now: there is a connection."""
        self.is_written = self._is_message

    def sent(self, receipt: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer for a message that the service took."""
        return _answer(Outcome.SENT, None, receipt)

    def failed(self, error: BaseException) -> dict[str, Any]:
        """Return the answer for a message of which an error is all that is known."""
        if isinstance(error, Refused):
            return _answer(Outcome.FAILED, self._safe(str(error)), retry_after_s=error.retry_after_s)
        if self._confinement.is_address_refused:
            return _answer(Outcome.FAILED, REFUSED_ADDRESS)
        if self.is_written:
            return _answer(Outcome.UNCERTAIN, _reason_after(error))
        return _answer(Outcome.FAILED, _reason_before(error))

    def _notice(self, event: str, _: tuple[Any, ...]) -> None:
        # http.client raises it after it has connected.
        if event == "http.client.send":
            self.note_written()

    def _safe(self, reason: str) -> str:
        is_safe = not any(secret in reason for secret in self._secrets)
        return one_line(reason, MAX_REASON) if is_safe else HIDDEN


def _reason_after(error: BaseException) -> str:
    is_answered = isinstance(error, ValueError | TypeError | KeyError | AttributeError | MemoryError)
    if is_answered:
        return "the receiver's answer cannot be read"
    return "the receiver accepted the connection but did not respond"


def _reason_before(error: BaseException) -> str:
    causes = [*_causes(error)]
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return "the receiver's host name cannot be resolved"
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return "the receiver's certificate is not trusted"
    return "cannot connect to the receiver"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what it was raised from, as each library keeps it."""
    seen: list[BaseException] = []
    waiting = [error]
    while waiting and len(seen) < 20:
        each = waiting.pop()
        if isinstance(each, BaseException) and not any(each is other for other in seen):
            seen.append(each)
            yield each
            waiting += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]


def _answer(
    outcome: Outcome,
    reason: str | None,
    receipt: Mapping[str, Any] | None = None,
    retry_after_s: float | None = None,
) -> dict[str, Any]:
    return {"outcome": outcome, "reason": reason, "receipt": receipt, "retry_after_s": retry_after_s}
