"""Refuses Celery commands that would contradict the ledger."""

import click

from tasks.refusal import refuse

REFUSED = {
    "call": "a task must be recorded before it is sent: use POST /api/v1/… or `nagare pull`",
    "logtool": "it parses Celery's log format; nagare logs one event per line, or JSON with NAGARE_LOG_FORMAT=json",
    "migrate": "nagare republishes the messages from the ledger to the broker in REDIS_URL or BROKER_URL",
    "purge": "the messages would be republished from the ledger; `nagare queue clear TYPE` cancels waiting tasks",
    "result": "results are in the ledger: GET /api/v1/tasks/ID",
}


def check() -> None:
    """End the process for one of these commands, if the application is loaded for it."""
    context = click.get_current_context(silent=True)
    name = context.invoked_subcommand if context is not None else None
    if name in REFUSED:
        refuse(f"celery {name}", REFUSED[name])
