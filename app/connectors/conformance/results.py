"""What a check shows."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How a check ended."""

    OK = "ok"
    FAILED = "failed"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Result:
    """How one check ended, and why."""

    check: str
    outcome: Outcome
    reason: str
    duration_s: float


def counted(number: int, what: str) -> str:
    """Return a number with what it counts, for a reason."""
    return f"{number} {what}{'' if number == 1 else 's'}"


class Failed(Exception):
    """The connector breaks the rule; the message says how."""


class NotRun(Exception):
    """The check does not apply; the message says why."""
