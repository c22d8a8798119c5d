"""Tasks."""

from typing import Any

from app.enums import Role, Scope
from app.services.ledger.requester import Requester
from app.store.database.pages import Page
from app.web.api.accepted import task_headers
from app.web.api_blueprint import ApiBlueprint
from app.web.context import Row, services
from app.web.schemas.base import NothingSchema
from app.web.schemas.pages import page_of
from app.web.schemas.tasks import TaskQuerySchema, TaskSchema, TaskStorySchema, WaitQuerySchema

tasks = ApiBlueprint(
    "tasks", __name__, description="Background tasks: state, progress, result, cancellation", writes=Scope.TASKS
)


@tasks.operation("GET", "/tasks", role=Role.VIEWER, query=TaskQuerySchema, answer=page_of(TaskSchema))
def list_tasks(**query: Any) -> Page:
    """List the tasks, newest first."""
    return services().ledger.tasks.list(**query)


@tasks.operation(
    "GET", "/tasks/<task_id:task_id>", role=Role.VIEWER, query=WaitQuerySchema, answer=TaskStorySchema, errors=(404,)
)
def get_task(task_id: str, wait: int) -> Row:
    """Return a task with its failed attempts.

    With `wait` the response is sent when the task's state changes, or after that many seconds.
    """
    return services().ledger.task_watch.get(task_id, wait)


@tasks.submission("/tasks/<task_id:task_id>/cancel", query=NothingSchema, answer=TaskSchema)
def cancel_task(by: Requester, task_id: str) -> tuple[Row, dict[str, str]]:
    """Cancel a task. A running task stops at its next step, a waiting task does not start."""
    return services().ledger.tasks.cancel(task_id, by), task_headers(task_id)
