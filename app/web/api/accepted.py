"""The response to a request that was accepted as a task."""

from typing import Any

RETRY_AFTER_S = 1


def accepted(message: str, task_id: str, **fields: int) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the body and the headers of a 202."""
    return {"message": message, "task_id": task_id, **fields}, task_headers(task_id)


def task_headers(task_id: str) -> dict[str, str]:
    """Return the headers that name the task's URL and when to poll it."""
    return {"Location": f"/api/v1/tasks/{task_id}", "Retry-After": str(RETRY_AFTER_S)}
