"""`nagare tasks`: list, show and cancel tasks."""

import click

from app.cli.context import open_services
from app.cli.listing import AS_JSON, LIMIT, MONITOR, TYPE, show_json, show_page
from app.enums import TaskState
from app.store.database.pages import PageRequest

COLUMNS = {
    "task": "task_id",
    "state": "state",
    "monitor": "monitor_id",
    "attempts": "attempts",
    "created": "created_at",
    "next run": "next_run_at",
    "finished": "finished_at",
    "error": "error",
}


@click.group()
def tasks() -> None:
    """List, show and cancel tasks."""


@tasks.command("list")
@TYPE
@click.option("--state", type=click.Choice([state.value for state in TaskState]), help="Only tasks in this state.")
@MONITOR
@LIMIT
@AS_JSON
def list_tasks(type: str | None, state: str | None, monitor_id: int | None, limit: int, as_json: bool) -> None:
    """List the newest tasks."""
    with open_services() as services:
        page = services.ledger.tasks.list(PageRequest(limit=limit), type=type, state=state, monitor_id=monitor_id)
    show_page(page, COLUMNS, as_json, "There are no tasks.")


@tasks.command("show")
@click.argument("task_id")
def show_task(task_id: str) -> None:
    """Show a task with its failed attempts, as JSON."""
    with open_services() as services:
        show_json(services.ledger.tasks.get(task_id))


@tasks.command()
@click.argument("task_id")
def cancel(task_id: str) -> None:
    """Cancel a task. A waiting task does not start, a running task stops at its next step."""
    with open_services() as services:
        services.ledger.tasks.cancel(task_id)
    click.echo(f"Cancelled {task_id}.")
