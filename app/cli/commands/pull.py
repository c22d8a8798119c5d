"""`nagare pull`: queue a pull, and optionally follow it."""

from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app import clock
from app.cli.context import open_services
from app.cli.paging import every
from app.composition import Services
from app.enums import TERMINAL_STATES, Role, TaskState
from app.errors import NotFound
from app.rules.task_params.alerts import PullAlerts
from app.rules.task_params.base import MonitorParams
from app.rules.task_params.pull import PullHosts, PullItems
from app.services.ledger.requester import Requester

LOOK_EVERY_S = 0.3
FAILED = 1
PULLS: dict[str, type[MonitorParams]] = {"hosts": PullHosts, "items": PullItems, "alerts": PullAlerts}


@click.command()
@click.argument("monitor_id", type=click.IntRange(min=1))
@click.argument("what", type=click.Choice([*PULLS]), default="hosts")
@click.option(
    "--follow", is_flag=True, help="Show the task's progress until it finishes; the exit code is 1 unless it succeeds."
)
def pull(monitor_id: int, what: str, follow: bool) -> int:
    """Queue a pull of the hosts, items or alerts of a monitor."""
    with open_services() as services:
        by = Requester(_operator_id(services))
        task_id = services.ledger.submit.accept(by, PULLS[what](monitor_id=monitor_id))
        if not follow:
            click.echo(task_id)
            return 0
        click.echo(task_id, err=True)
        task = _follow(services, task_id)
    if task["state"] == TaskState.SUCCEEDED:
        click.echo(", ".join(f"{name} {count}" for name, count in (task["result"] or {}).items()))
        return 0
    click.echo(f"{task['state']}: {task['error'] or 'unknown reason'}", err=True)
    return FAILED


def _follow(services: Services, task_id: str) -> dict[str, Any]:
    """Show a progress bar until the task has finished, and return it."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[said]}"))
    # Standard output is for the result.
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as progress:
        bar = progress.add_task(TaskState.QUEUED, total=None, said="")
        while True:
            task = services.ledger.tasks.get(task_id)
            step = task["progress"]
            attempt = f" (attempt {task['attempts']})" if task["attempts"] > 1 else ""
            progress.update(
                bar,
                description=f"{task['state']}{attempt}",
                completed=step["done"],
                total=step["total"],
                said=step["message"],
            )
            if task["state"] in TERMINAL_STATES:
                return task
            clock.sleep(LOOK_EVERY_S)


def _operator_id(services: Services) -> int:
    """Return the first user who may pull: whoever runs this can read the database anyway. Raises NotFound."""
    for user in every(services.access.users.list):
        if user["enabled"] and Role(user["role"]).includes(Role.OPERATOR):
            return int(user["id"])
    raise NotFound("there is no enabled operator or admin: add one with nagare user add")
