"""Tasks."""

from typing import Any

from app.enums import Role, Scope
from app.services.ledger.requester import Requester
from app.store.database.pages import Page
from app.web.api.accepted import task_headers
from app.web.context import Row, services
from app.web.operations import ApiBlueprint
from app.web.schemas.base import NothingSchema
from app.web.schemas.pages import page_of
from app.web.schemas.tasks import TaskQuerySchema, TaskSchema, TaskStorySchema, WaitQuerySchema

tasks = ApiBlueprint("tasks", __name__, description="What became of accepted requests", writes=Scope.TASKS)


@tasks.operation("GET", "/tasks", role=Role.VIEWER, query=TaskQuerySchema, answer=page_of(TaskSchema))
def list_tasks(**query: Any) -> Page:
    """List the tasks, newest first."""
    return services().ledger.tasks.list(**query)


@tasks.operation(
    "GET", "/tasks/<task_id:task_id>", role=Role.VIEWER, query=WaitQuerySchema, answer=TaskStorySchema, errors=(404,)
)
def get_task(task_id: str, wait: int) -> Row:
    """Return one task with all its attempts; with `wait` once its state changes, if it does within so many seconds."""
    return services().ledger.task_watch.get(task_id, wait)


@tasks.submission("/tasks/<task_id:task_id>/cancel", query=NothingSchema, answer=TaskSchema)
def cancel_task(by: Requester, task_id: str) -> tuple[Row, dict[str, str]]:
    """Cancel a task: a running one stops at its next step, a waiting one never starts."""
    return services().ledger.tasks.cancel(task_id, by), task_headers(task_id)
