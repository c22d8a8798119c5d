"""Tasks: the live list and the details of one task."""

from flask import Response

from app.enums import TERMINAL_STATES, Role, TaskState, TaskType
from app.store.database.pages import PageRequest
from app.web.context import services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import back, filters_of, read_query
from app.web.dashboard.pages.monitors import monitor_names
from app.web.schemas.tasks import TaskQuerySchema

TASK = "/tasks/<task_id:task_id>"
CHILDREN_SHOWN = 100


@dashboard.page("/tasks", role=Role.VIEWER)
def tasks() -> str:
    """List the tasks, newest first."""
    query = read_query(TaskQuerySchema)
    page = services().ledger.tasks.list(**query)
    return render(
        "tasks",
        page=page,
        filters=filters_of(query),
        monitors=monitor_names(),
        types=list(TaskType),
        states=list(TaskState),
    )


@dashboard.page(TASK, role=Role.VIEWER)
def task(task_id: str) -> str:
    """Show one task with its attempts and child tasks."""
    found = services().ledger.tasks.get(task_id)
    return render(
        "task",
        task=found,
        is_over=found["state"] in TERMINAL_STATES,
        children=services().ledger.tasks.list(PageRequest(CHILDREN_SHOWN), parent_id=task_id).items,
        monitors=monitor_names(),
    )


@dashboard.action(TASK + "/cancel", role=Role.OPERATOR)
def cancel_task(task_id: str) -> Response:
    """Cancel a task."""
    services().ledger.tasks.cancel(task_id)
    return lead_to(back(f"/tasks/{task_id}"), "flash.cancelled")
