"""`nagare schedules`: tasks on a cron schedule."""

from typing import Any

import click

from app.cli.context import open_services
from app.cli.listing import AS_JSON, show
from app.cli.paging import every
from app.composition import Services
from app.enums import Severity
from app.errors import NotFound
from app.rules.alerts.generated_alerts import MAX_GENERATED
from app.services.ledger.schedules import SCHEDULED_TYPES

COLUMNS = {
    "name": "name",
    "cron": "cron",
    "time zone": "timezone",
    "task": "task_type",
    "monitor": "monitor_id",
    "enabled": "enabled",
    "last run": "last_run_at",
    "next run": "next_run_at",
    "error": "last_error",
}
NAME = click.argument("name")
TYPES = click.Choice([str(type_) for type_ in SCHEDULED_TYPES])
SEVERITIES = click.Choice([str(int(severity)) for severity in Severity])


@click.group()
def schedules() -> None:
    """List and change schedules: tasks that are queued at set times."""


@schedules.command("list")
@AS_JSON
def list_schedules(as_json: bool) -> None:
    """List all schedules."""
    with open_services() as services:
        rows = list(every(services.ledger.schedules.list))
    show(rows, COLUMNS, as_json, "There are no schedules.")


@schedules.command()
@NAME
@click.argument("cron")
@click.argument("task_type", metavar="TYPE", type=TYPES)
@click.option("--zone", "timezone", default="UTC", show_default=True, help="An IANA time zone, such as Asia/Shanghai.")
@click.option("--monitor", "monitor_id", type=int, help="The id of the monitor to pull.")
@click.option("--host", "host_id", type=int, help="Pull only the items of the host with this id.")
@click.option("--count", type=click.IntRange(1, MAX_GENERATED), help="Number of test alerts.")
@click.option("--severity", type=SEVERITIES, help="Severity of the test alerts; random if omitted.")
@click.option("--seed", type=click.IntRange(min=0), help="The same seed generates the same test alerts.")
def add(name: str, cron: str, task_type: str, timezone: str, severity: str | None, **numbers: int | None) -> None:
    """Add a schedule. CRON has five fields: minute, hour, day of month, month, day of week.

    For example: nagare schedules add nightly "30 2 * * *" sync --zone Asia/Shanghai --monitor 1
    """
    params: dict[str, Any] = {**numbers, "severity": None if severity is None else int(severity)}
    fields = {
        "name": name,
        "cron": cron,
        "timezone": timezone,
        "task_type": task_type,
        "params": {param: value for param, value in params.items() if value is not None},
        "enabled": True,
    }
    with open_services() as services:
        made = services.ledger.schedules.create(fields)
    click.echo(f"Added {name}; its first run is at {made['next_run_at']:%Y-%m-%d %H:%M} UTC.")


@schedules.command()
@NAME
def pause(name: str) -> None:
    """Pause a schedule."""
    with open_services() as services:
        services.ledger.schedules.update(_find_id(services, name), {"enabled": False})
    click.echo(f"Paused {name}.")


@schedules.command()
@NAME
def resume(name: str) -> None:
    """Resume a paused schedule. Missed runs are not made up for."""
    with open_services() as services:
        changed = services.ledger.schedules.update(_find_id(services, name), {"enabled": True})
    click.echo(f"Resumed {name}; its next run is at {changed['next_run_at']:%Y-%m-%d %H:%M} UTC.")


@schedules.command()
@NAME
def remove(name: str) -> None:
    """Remove a schedule. Tasks that it already queued still run."""
    with open_services() as services:
        services.ledger.schedules.delete(_find_id(services, name))
    click.echo(f"Removed {name}.")


def _find_id(services: Services, name: str) -> int:
    for row in every(services.ledger.schedules.list):
        if row["name"] == name:
            return int(row["id"])
    raise NotFound(f"there is no schedule {name}")
