"""The results of checks."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """The outcome of a check."""

    OK = "ok"
    FAILED = "failed"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one check, and why."""

    check: str
    outcome: Outcome
    reason: str
    duration_s: float


def counted(number: int, what: str) -> str:
    """Return a number with its noun, for example `2 hosts`."""
    return f"{number} {what}{'' if number == 1 else 's'}"


class Failed(Exception):
    """The connector violates the rule; the message says how."""


class NotRun(Exception):
    """The check does not apply; the message says why."""
