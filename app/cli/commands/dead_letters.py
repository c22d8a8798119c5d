"""`nagare dead`: list, show, retry and discard dead letters."""

from collections.abc import Callable
from typing import Any

import click

from app.cli.context import open_services
from app.cli.listing import AS_JSON, LIMIT, MONITOR, TYPE, show_json, show_page
from app.store.database.pages import PageRequest

COLUMNS = {
    "task": "task_id",
    "dead since": "dead_at",
    "attempts": "attempts",
    "reason": "reason",
    "error": "error",
}
OPTIONS = (
    TYPE,
    MONITOR,
    click.option("--reason", help="Only dead letters with this reason, for example source_unreachable."),
    click.option("--text", "q", help="Only dead letters whose error contains this text."),
)
ALL = click.option("--all", "is_all", is_flag=True, help="All dead letters, or all that match the filters.")
DRY_RUN = click.option("--dry-run", is_flag=True, help="Only print how many would be affected.")
TASK_ID = click.argument("task_id", required=False)


def filtered(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that select dead letters; they are passed as keywords."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


@click.group()
def dead() -> None:
    """List, retry and discard dead letters: tasks that failed for good."""


@dead.command("list")
@filtered
@LIMIT
@AS_JSON
def list_dead(limit: int, as_json: bool, **filters: Any) -> None:
    """List the newest dead letters."""
    with open_services() as services:
        page = services.ledger.dead_letters.list(PageRequest(limit=limit), **filters)
    show_page(page, COLUMNS, as_json, "There are no dead letters.")


@dead.command("show")
@click.argument("task_id")
def show_dead(task_id: str) -> None:
    """Show a dead letter with its traceback, as JSON."""
    with open_services() as services:
        show_json(services.ledger.dead_letters.get(task_id))


@dead.command()
@TASK_ID
@ALL
@filtered
@DRY_RUN
def retry(task_id: str | None, is_all: bool, dry_run: bool, **filters: Any) -> None:
    """Retry one dead letter, or many."""
    _require_one_choice(task_id, is_all)
    with open_services() as services:
        if task_id is None:
            count = services.ledger.dead_letters.retry_many(dry_run=dry_run, **filters)
        else:
            act = services.ledger.dead_letters.get if dry_run else services.ledger.dead_letters.retry
            act(task_id)
            count = 1
    click.echo(f"{'Would be retried' if dry_run else 'Retried'}: {count}.")


@dead.command()
@TASK_ID
@ALL
@filtered
@DRY_RUN
def discard(task_id: str | None, is_all: bool, dry_run: bool, **filters: Any) -> None:
    """Discard one dead letter, or many."""
    _require_one_choice(task_id, is_all)
    with open_services() as services:
        if task_id is None:
            count = services.ledger.dead_letters.discard_many(dry_run=dry_run, **filters)
        else:
            act = services.ledger.dead_letters.get if dry_run else services.ledger.dead_letters.discard
            act(task_id)
            count = 1
    click.echo(f"{'Would be discarded' if dry_run else 'Discarded'}: {count}.")


def _require_one_choice(task_id: str | None, is_all: bool) -> None:
    if bool(task_id) == is_all:
        raise click.UsageError("Give a task id or --all.")
