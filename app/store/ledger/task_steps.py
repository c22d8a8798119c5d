"""How far an attempt is."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class TaskStep:
    """An attempt has done `done` of `total`, which may be unknown."""

    done: int
    total: int | None
    message: str

    def columns(self) -> dict[str, Any]:
        """Return the columns of `task_runs` that keep it."""
        return {"progress_done": self.done, "progress_total": self.total, "progress_message": self.message}
