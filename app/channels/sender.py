"""Hands a message to Apprise, in a process of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.channels.preloaded import run_order
from app.enums import Language

PROGRAM = "app.channels.sending_process"
TIMEOUT_S = 25
"""Time limit for checking an address or sending a message; the process then ends itself, even without a parent."""
GRACE_S = 3
SENT = ("title", "body", "tone")
"""What of a message gets to Apprise, which has no buttons."""


class Outcome(StrEnum):
    """The outcome of a message."""

    SENT = "sent"
    """The receiver accepted it."""
    FAILED = "failed"
    """The receiver did not accept it."""
    UNCERTAIN = "uncertain"
    """An error occurred while it was on its way."""


@dataclass(frozen=True, slots=True)
class PageActions:
    """What the receiver of a page may do by a button, where the service has buttons."""

    page_id: int
    can_be_acknowledged: bool = True
    can_be_resolved: bool = True
    language: Language = Language.ENGLISH
    """That of the buttons."""


@dataclass(frozen=True, slots=True)
class Message:
    """The text to send; `tone` is Apprise's `info`, `success`, `warning` or `failure`, if the service shows it."""

    title: str
    body: str
    tone: str
    actions: PageActions | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """The outcome of a message, with a reason that is safe to show."""

    outcome: Outcome
    reason: str | None = None
    receipt: Mapping[str, Any] | None = None
    """What the service returned to find the message again, like a chat's message id."""
    retry_after_s: float | None = None
    """How long the receiver asks to wait before the next message, at most an hour."""


class Sender:
    """Checks and uses Apprise addresses. They are secrets: none gets into an argument, a log or a response.

    A process of its own executes each order: side effects of a service's code (logs, hangs, open files) stay out of the
    worker and of other messages.
    """

    def find_fault(self, url: str) -> str | None:
        """Return why nothing can be sent to this address, or None; this sends nothing."""
        answer = self._run({"url": url})
        return "The URL could not be checked. Try again." if answer is None else answer.get("fault")

    def send(self, url: str, message: Message, key: str | None = None) -> Delivery:
        """Send a message, at most once, within `TIMEOUT_S`.

        `key` is the same for all attempts of one message; services with headers of their own pass it on.
        """
        answer = self._run({"url": url, "message": {name: getattr(message, name) for name in SENT}, "key": key})
        if answer is None:
            return Delivery(
                Outcome.UNCERTAIN, "the receiver did not respond in time, or the connection was interrupted"
            )
        return Delivery(Outcome(answer["outcome"]), answer["reason"], retry_after_s=answer.get("retry_after_s"))

    def _run(self, order: Mapping[str, object]) -> dict[str, Any] | None:
        """Return the process's result; None if it ended without one."""
        return run_order(PROGRAM, order, TIMEOUT_S + GRACE_S)
