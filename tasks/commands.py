"""Refuses those of Celery's commands that would say one thing while the ledger does another."""

import click

from tasks.refusal import refuse

REFUSED = {
    "call": "a task is recorded before it is sent: ask nagare for it, by POST /api/v1/… or `nagare pull`",
    "logtool": "it reads Celery's own log lines; nagare's are one event a line, or JSON with NAGARE_LOG_FORMAT=json",
    "migrate": "messages are published again from the ledger wherever REDIS_URL or BROKER_URL leads",
    "purge": "the ledger publishes the messages again; `nagare queue clear TYPE` cancels what waits",
    "result": "the ledger has the outcomes: GET /api/v1/tasks/ID",
}


def check() -> None:
    """End the process if it is one of these commands for which the application is loaded."""
    context = click.get_current_context(silent=True)
    name = context.invoked_subcommand if context is not None else None
    if name in REFUSED:
        refuse(f"celery {name}", REFUSED[name])
