"""Records the SMTP replies to a service's code: Apprise itself returns only success or failure."""

import smtplib
from collections.abc import Callable
from typing import Any

REPLIES = range(200, 600)
REFUSED_FROM = 400


class SmtpOutcome:
    """The mails of one message."""

    def __init__(self) -> None:
        self.is_uncertain = False
        """Whether a mail without a whole reply may have arrived."""
        self.fault: str | None = None
        """Why the mail was not accepted, without secrets."""

    def watch(self) -> None:
        """Route all mails of this process through this object."""
        self._wrap("connect", self._connect)
        self._wrap("data", self._data)

    def _wrap(self, name: str, watching: Callable[..., Any]) -> None:
        plain = getattr(smtplib.SMTP, name)

        def watched(client: smtplib.SMTP, *args: Any, **kwargs: Any) -> Any:
            return watching(lambda: plain(client, *args, **kwargs))

        setattr(smtplib.SMTP, name, watched)

    def _connect(self, connect: Callable[[], Any]) -> Any:
        try:
            return connect()
        except (OSError, smtplib.SMTPException):
            self.fault = "cannot connect to the receiver"
            raise

    def _data(self, send: Callable[[], tuple[int, bytes]]) -> tuple[int, bytes]:
        """Send the text of a mail. A receiver that has read it and does not answer may keep it."""
        try:
            code, text = send()
        except smtplib.SMTPDataError as error:
            # It refused the text before it was sent.
            self.fault = f"the receiver returned SMTP {error.smtp_code}"
            raise
        except (OSError, smtplib.SMTPException):
            self._note_silence()
            raise
        if code not in REPLIES:
            self._note_silence()
        elif code >= REFUSED_FROM:
            self.fault = f"the receiver returned SMTP {code}"
        return code, text

    def _note_silence(self) -> None:
        self.is_uncertain = True
        self.fault = "the receiver accepted the connection but did not respond"
