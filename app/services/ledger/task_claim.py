"""A worker's claim on a task."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's right to run one attempt of a task, as long as it renews the lease."""

    task_id: str
    type: str
    params: Mapping[str, Any]
    attempt: int
    monitor_id: int | None = None
    first_attempt: int = 0
    """The number of attempts that do not count."""
    traceparent: str | None = None
    published_at: datetime | None = None
