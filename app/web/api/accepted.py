"""The answer to a request that became a task."""

from typing import Any

RETRY_AFTER_S = 1


def accepted(message: str, task_id: str, **fields: int) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the body and the headers of a 202."""
    return {"message": message, "task_id": task_id, **fields}, task_headers(task_id)


def task_headers(task_id: str) -> dict[str, str]:
    """Return the headers that say where to ask for a task, and when."""
    return {"Location": f"/api/v1/tasks/{task_id}", "Retry-After": str(RETRY_AFTER_S)}
