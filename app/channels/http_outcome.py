"""Records the HTTP responses to a service's code: Apprise itself returns only success or failure."""

from io import BytesIO
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, MaxRetryError, NameResolutionError, NewConnectionError

from app.rules.retry_after import retry_after_s

ANSWER_BYTES = 1024 * 1024
"""How much of a response a service's code can see; services look for a word or an id in it."""
CHUNK_BYTES = 16 * 1024
ASKING_TO_WAIT = (429, 503)


def _read(response: requests.Response) -> None:
    """Read the start of the response here, to notice one that breaks off and not to read one without end.

    Raises requests.ConnectionError for a response that breaks off.
    """
    source, begin = response.raw, BytesIO()
    try:
        for chunk in source.stream(CHUNK_BYTES, decode_content=True):
            begin.write(chunk[: ANSWER_BYTES - begin.tell()])
            if begin.tell() >= ANSWER_BYTES:
                break
    except MemoryError:
        # A small compressed body may unpack to more than this process may hold.
        begin.truncate(0)
    except HTTPError as error:
        raise requests.ConnectionError(error) from error
    finally:
        # Never reused: the rest of this response would be read as the next one.
        source.close()
    begin.seek(0)
    response.raw = begin


class HttpOutcome:
    """The HTTP requests of one message."""

    def __init__(self) -> None:
        self.last_status: int | None = None
        self.is_uncertain = False
        """Whether a request without a response may have arrived."""
        self.fault: str | None = None
        """Why the last request has no response."""
        self.retry_after_s: float | None = None
        """How long the last response asks to wait."""

    def watch(self) -> None:
        """Route all requests of this process through this object."""
        outcome = self

        class Adapter(HTTPAdapter):
            def send(self, *args: Any, **kwargs: Any) -> requests.Response:
                outcome.last_status, outcome.fault, outcome.retry_after_s = None, None, None
                try:
                    # A proxy from the environment would connect to addresses that this process must not reach.
                    response = super().send(*args, **{**kwargs, "proxies": {}, "stream": True})
                    _read(response)
                except (requests.RequestException, OSError) as error:
                    outcome.note(error)
                    raise
                outcome.last_status = response.status_code
                if response.status_code in ASKING_TO_WAIT:
                    outcome.retry_after_s = retry_after_s(response.headers.get("Retry-After"))
                return response

        requests.sessions.HTTPAdapter = Adapter  # type: ignore[attr-defined]

    def note(self, error: Exception) -> None:
        """Record a failed request; one that could not connect cannot have arrived."""
        cause = error.args[0] if error.args else None
        reason = cause.reason if isinstance(cause, MaxRetryError) else None
        if isinstance(reason, NameResolutionError):
            self.fault = "the receiver's host name cannot be resolved"
        elif isinstance(error, requests.exceptions.SSLError):
            self.fault = "the receiver's certificate is not trusted"
        elif isinstance(error, requests.ConnectTimeout) or isinstance(reason, NewConnectionError):
            self.fault = "cannot connect to the receiver"
        else:
            self.is_uncertain = True
            self.fault = "the receiver accepted the connection but did not respond"

    @property
    def reason(self) -> str:
        """Return why a message was rejected, without secrets."""
        if self.fault is not None:
            return self.fault
        if self.last_status is not None and self.last_status >= 300:
            return f"the receiver returned HTTP {self.last_status}"
        return "the service rejected the message"
