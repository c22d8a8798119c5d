"""Hands a message to Apprise, in a process that lives only for it."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import app

FOLDER = Path(app.__file__).parents[1]
"""Where the process finds this package."""
PROGRAM = "app.channels.sending_process"
TIMEOUT_S = 25
"""What checking an address or sending a message may take in all; the process ends itself then, whoever waits for it."""
GRACE_S = 3


class Outcome(StrEnum):
    """What became of a message."""

    SENT = "sent"
    """The receiver has taken it."""
    FAILED = "failed"
    """The receiver has not taken it."""
    UNCERTAIN = "uncertain"
    """It was on its way when something went wrong."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent; `tone` is Apprise's `info`, `success`, `warning` or `failure`, shown by services that can."""

    title: str
    body: str
    tone: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a message and why; `reason` is safe to show."""

    outcome: Outcome
    reason: str | None = None


class Sender:
    """Knows Apprise's addresses, which are secrets: none gets into an argument, a log or an answer.

    The process costs a third of a second for each message. Apprise, loaded, costs some 40 MB, which a worker would keep
    in each of its children; what a service's code does (log, hang, open files) stays out of the worker too.
    """

    def find_fault(self, url: str) -> str | None:
        """Return why nothing can be sent to this address, or None; nothing is sent."""
        answer = self._run({"url": url})
        return "The URL could not be checked. Try again." if answer is None else answer.get("fault")

    def send(self, url: str, message: Message) -> Delivery:
        """Send a message, at most once, within `TIMEOUT_S`."""
        answer = self._run({"url": url, "message": asdict(message)})
        if answer is None:
            return Delivery(
                Outcome.UNCERTAIN, "the receiver did not respond in time, or the connection was interrupted"
            )
        return Delivery(Outcome(answer["outcome"]), answer["reason"])

    def _run(self, order: Mapping[str, object]) -> dict[str, Any] | None:
        """Return the process's answer; None when it ended without one."""
        try:
            done = subprocess.run(
                [sys.executable, "-m", PROGRAM],
                cwd=FOLDER,
                input=json.dumps(order).encode(),
                stdout=subprocess.PIPE,
                # Whatever is written there was written by a service's code, which knows the address.
                stderr=subprocess.DEVNULL,
                timeout=TIMEOUT_S + GRACE_S,
                check=False,
            )
            answer: dict[str, Any] = json.loads(done.stdout)
        except (subprocess.TimeoutExpired, ValueError):
            return None
        return answer
