"""How far a task is, in words: counts with their units, which a page shows in its reader's language."""

import re
from collections.abc import Sequence
from enum import StrEnum

COUNT = re.compile(r"(\d+) ([a-z]+)")
PART = re.compile(r"(?:([a-z_]+): )?(.*)", re.DOTALL)


class ProgressUnit(StrEnum):
    """What a task counts."""

    HOSTS = "hosts"
    ITEMS = "items"
    ALERTS = "alerts"
    VALUES = "values"
    HOURS = "hours"


def counted(*counts: tuple[int, ProgressUnit]) -> str:
    """Return the message of a step, such as `5 values, 2 hours`."""
    return ", ".join(f"{count} {unit}" for count, unit in counts)


def of_part(type: str, message: str) -> str:
    """Return the message of a parent whose child of this type is at `message`."""
    return f"{type}: {message}"


def read_message(message: str) -> tuple[str | None, Sequence[tuple[int, ProgressUnit]]] | None:
    """Return the type of the child that is at work, if any, and the counts; None for any other text."""
    found = PART.fullmatch(message)
    part, rest = found.groups() if found else (None, message)
    texts = [text for text in rest.split(", ") if text]
    counts = [match.groups() for text in texts if (match := COUNT.fullmatch(text)) and match[2] in {*ProgressUnit}]
    if len(counts) < len(texts) or not (texts or part):
        return None
    return part, [(int(count), ProgressUnit(unit)) for count, unit in counts]
