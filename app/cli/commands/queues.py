"""`nagare queue`, `nagare stats` and `nagare workers`: queue lengths, pauses and live workers."""

import click

from app.cli.context import open_services
from app.cli.listing import AS_JSON, TYPES, show, show_json
from app.enums import TaskType

TYPE = click.argument("task_type", metavar="TYPE", type=TYPES)
QUEUES = {"queue": "name", "waiting": "waiting", "": "paused"}
WORKERS = {
    "worker": "name",
    "host": "hostname",
    "pid": "pid",
    "slots": "concurrency",
    "running tasks": "runs",
    "started": "started_at",
    "last seen": "seen_at",
}


@click.command()
@AS_JSON
def stats(as_json: bool) -> None:
    """Show the length of each queue and the number of dead letters; --json prints the same as GET /queue/stats."""
    with open_services() as services:
        lengths = services.ledger.queues.stats() if as_json else services.ledger.queues.lengths()
        paused = services.ledger.queues.paused()
    if as_json:
        show_json(lengths)
        return
    rows = [
        {"name": name, "waiting": length, "paused": "paused" if name in paused else None}
        for name, length in lengths.items()
    ]
    show(rows, QUEUES, as_json=False, empty="")


@click.group()
def queue() -> None:
    """Show, pause, resume and clear queues."""


queue.add_command(stats)


@queue.command()
@TYPE
def pause(task_type: str) -> None:
    """Pause a queue: workers take no tasks from it. Running tasks are not affected."""
    with open_services() as services:
        services.ledger.queues.pause(TaskType(task_type))
    click.echo(f"Paused {task_type}.")


@queue.command()
@TYPE
def resume(task_type: str) -> None:
    """Resume a paused queue."""
    with open_services() as services:
        services.ledger.queues.resume(TaskType(task_type))
    click.echo(f"Resumed {task_type}.")


@queue.command()
@TYPE
@click.confirmation_option(prompt="Cancel all waiting tasks of this type?")
def clear(task_type: str) -> None:
    """Cancel all waiting tasks of a type. Running tasks are not affected."""
    with open_services() as services:
        count = services.ledger.tasks.cancel_waiting(TaskType(task_type))
    click.echo(f"Cancelled: {count}.")


@click.command()
@AS_JSON
def workers(as_json: bool) -> None:
    """List the live workers and the tasks that they run."""
    with open_services() as services:
        alive = services.ledger.queues.workers()
    runs = [", ".join(task["task_id"] for task in worker["tasks"]) for worker in alive]
    rows = alive if as_json else [{**worker, "runs": run} for worker, run in zip(alive, runs, strict=True)]
    show(rows, WORKERS, as_json, "There are no live workers.")
