"""The progress of an attempt."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class TaskStep:
    """`done` of `total` steps of an attempt; `total` is None if unknown."""

    done: int
    total: int | None
    message: str

    def columns(self) -> dict[str, Any]:
        """Return the columns of `task_runs` that store it."""
        return {"progress_done": self.done, "progress_total": self.total, "progress_message": self.message}
