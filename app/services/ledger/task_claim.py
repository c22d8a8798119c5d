"""A worker's claim on the task that it runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run one attempt of a task, valid as long as the worker renews it."""

    task_id: str
    type: str
    params: Mapping[str, Any]
    attempt: int
    monitor_id: int | None = None
    first_attempt: int = 0
    """The number of earlier attempts that no longer count."""
    traceparent: str | None = None
    published_at: datetime | None = None
