"""Tasks."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.enums import Role, Scope, TaskType
from app.rules.task_params.requested import read_requested
from app.services.ledger.requester import Requester
from app.store.database.pages import Page
from app.web.access import check_powers
from app.web.api.accepted import task_headers
from app.web.api_blueprint import ApiBlueprint
from app.web.context import Row, current_user, services
from app.web.schemas.base import NothingSchema
from app.web.schemas.pages import page_of
from app.web.schemas.tasks import (
    DurationQuerySchema,
    DurationSchema,
    NewTaskSchema,
    RequestedTaskSchema,
    TaskAcceptedSchema,
    TaskQuerySchema,
    TaskSchema,
    TaskStorySchema,
    WaitQuerySchema,
)

tasks = ApiBlueprint(
    "tasks", __name__, description="Background tasks: state, progress, result, cancellation", writes=Scope.TASKS
)


@tasks.operation("GET", "/tasks", role=Role.VIEWER, query=TaskQuerySchema, answer=page_of(TaskSchema))
def list_tasks(**query: Any) -> Page:
    """List the tasks, newest first."""
    return services().ledger.tasks.list(**query)


@tasks.submission("/tasks", query=NothingSchema, body=NewTaskSchema, answer=RequestedTaskSchema)
def create_task(by: Requester, body: Mapping[str, Any]) -> tuple[Row, dict[str, str]]:
    """Queue a task of any type that its own request could queue, now or at a later time.

    An API token also needs the scope of that request: `alerts:write` for `generate_alerts`, `settings:write` for
    `notify`.
    """
    params = read_requested(TaskType(body["type"]), body["params"])
    check_powers(current_user(), Role.OPERATOR, params.asked_with or Scope.TASKS)
    run_at = body["run_at"]
    task_id = services().ledger.submit.accept(replace(by, unique=body["unique"]), params, run_at)
    answer = {"message": "Task queued" if run_at is None else "Task scheduled", "task_id": task_id}
    return {**answer, "type": params.type, "run_at": run_at}, task_headers(task_id, run_at)


@tasks.operation("GET", "/tasks/durations", role=Role.VIEWER, query=DurationQuerySchema, answer=page_of(DurationSchema))
def list_task_durations(**query: Any) -> Mapping[str, Any]:
    """Return how long tasks ran and waited, as percentiles of each type."""
    return {"items": services().ledger.tasks.durations(**query), "next_cursor": None}


@tasks.submission("/schedules/<id:schedule_id>/run", answer=TaskAcceptedSchema)
def run_schedule(by: Requester, schedule_id: int) -> tuple[Row, dict[str, str]]:
    """Queue the task of a schedule now. Its next run stays as it is.

    An API token also needs the scope of the task's own request: `alerts:write` for `generate_alerts`.
    """
    params = services().ledger.schedules.params_of(schedule_id)
    check_powers(current_user(), Role.OPERATOR, params.asked_with or Scope.TASKS)
    task_id = services().ledger.submit.accept(by, params)
    return {"message": "Task queued", "task_id": task_id}, task_headers(task_id)


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
