"""The response to a request that was accepted as a task."""

import math
from datetime import datetime
from typing import Any

from app import clock

RETRY_AFTER_S = 1


def accepted(message: str, task_id: str, **fields: int) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the body and the headers of a 202."""
    return {"message": message, "task_id": task_id, **fields}, task_headers(task_id)


def task_headers(task_id: str, run_at: datetime | None = None) -> dict[str, str]:
    """Return the headers that name the task's URL and when to poll it: after its time if it is scheduled."""
    wait_s = 0.0 if run_at is None else (run_at - clock.now()).total_seconds()
    return {"Location": f"/api/v1/tasks/{task_id}", "Retry-After": str(RETRY_AFTER_S + max(0, math.ceil(wait_s)))}
