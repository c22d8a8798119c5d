"""Tasks: the live list and the details of one task."""

from collections.abc import Sequence

from flask import Response

from app.enums import TERMINAL_STATES, Role, TaskState, TaskType
from app.store.database.pages import PageRequest
from app.web.context import Row, services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import back, given_filters, read_query
from app.web.dashboard.pages.monitors import monitor_names
from app.web.dashboard.task_subjects import with_subjects
from app.web.schemas.tasks import TaskListSchema

TASK = "/tasks/<task_id:task_id>"
CHILDREN_SHOWN = 100
PARTS = {None: "shown", False: "hidden", True: "only"}


@dashboard.page("/tasks", role=Role.VIEWER)
def tasks() -> str:
    """List the tasks, newest first."""
    query = read_query(TaskListSchema)
    page, monitors = services().ledger.tasks.list(**query), monitor_names()
    return render(
        "tasks",
        page={"items": with_subjects(page.items, monitors), "next_cursor": page.next_cursor},
        filters=given_filters(),
        parts=PARTS[query.get("is_part")],
        monitors=monitors,
        types=list(TaskType),
        states=list(TaskState),
    )


@dashboard.page(TASK, role=Role.VIEWER)
def task(task_id: str) -> str:
    """Show one task with its attempts and child tasks."""
    found, monitors = services().ledger.tasks.get(task_id), monitor_names()
    return render(
        "task",
        task=found,
        is_over=found["state"] in TERMINAL_STATES,
        children=with_subjects(parts_of(task_id), monitors),
        monitors=monitors,
    )


def parts_of(task_id: str) -> Sequence[Row]:
    """Return the parts of a task, newest first."""
    return services().ledger.tasks.list(PageRequest(CHILDREN_SHOWN), parent_id=task_id).items


@dashboard.action(TASK + "/cancel", role=Role.OPERATOR)
def cancel_task(task_id: str) -> Response:
    """Cancel a task."""
    services().ledger.tasks.cancel(task_id)
    return lead_to(back(f"/tasks/{task_id}"), "flash.cancelled")
