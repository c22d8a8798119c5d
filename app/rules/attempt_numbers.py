"""Numbers a task's failed attempts as its count of attempts does."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.enums import TaskState

Row = Mapping[Any, Any]
GOES_ON = (TaskState.RUNNING, TaskState.SUCCEEDED)
"""In these states the last attempt that counts has not failed."""


def numbered(
    history: Sequence[Row], attempts: int, state: str, started_at: datetime | None = None
) -> list[dict[Any, Any]]:
    """Return the recorded attempts of a task that has made `attempts`, each with its `number` among those that count.

    The number is None for attempts before a person retried the dead task, which began a fresh count. The stored number
    is no such number: it also counts interrupted attempts and those of earlier counts.
    """
    failed = max(0, attempts - _has_unfailed(history, state, started_at))
    before = max(0, len(history) - failed)
    return [
        {**attempt, "number": place - before if place > before else None} for place, attempt in enumerate(history, 1)
    ]


def _has_unfailed(history: Sequence[Row], state: str, started_at: datetime | None) -> bool:
    """Return whether the last attempt that counts is not among the recorded ones."""
    if state in GOES_ON:
        return True
    if state != TaskState.CANCELLED or started_at is None:
        return False
    return not history or bool(history[-1]["finished_at"] < started_at)
