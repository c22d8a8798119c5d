"""`nagare heartbeats`: backups and scripts that must report regularly."""

from typing import Any

import click

from app.cli.context import open_services
from app.cli.listing import AS_JSON, LIMIT, show, show_page
from app.cli.paging import every
from app.composition import Services
from app.enums import HeartbeatStatus, Severity
from app.errors import NotFound
from app.store.database.pages import PageRequest

COLUMNS = {
    "name": "name",
    "status": "status",
    "interval (s)": "interval_s",
    "cron": "cron",
    "time zone": "timezone",
    "grace (s)": "grace_s",
    "last ping": "last_ping_at",
    "due": "due_at",
}
PING_COLUMNS = {"at": "at", "kind": "kind", "exit code": "exit_code", "duration (ms)": "duration_ms", "body": "body"}
NAME = click.argument("name")
STATUSES = click.Choice([str(status) for status in HeartbeatStatus])
SEVERITIES = click.Choice([severity.name.lower() for severity in Severity])


@click.group()
def heartbeats() -> None:
    """List and change heartbeats: backups and scripts that must report regularly."""


@heartbeats.command("list")
@click.option("--status", type=STATUSES, help="Only heartbeats with this status.")
@AS_JSON
def list_heartbeats(status: str | None, as_json: bool) -> None:
    """List all heartbeats."""
    with open_services() as services:
        rows = [row for row in every(services.liveness.heartbeats.list) if status in (None, row["status"])]
    show(rows, COLUMNS, as_json, "There are no heartbeats.")


@heartbeats.command()
@NAME
@click.option("--every", "interval_s", type=click.IntRange(min=10), help="Longest time between two pings, in seconds.")
@click.option("--cron", help="Five fields: minute, hour, day of month, month, day of week.")
@click.option("--zone", "timezone", default="UTC", show_default=True, help="An IANA time zone, such as Asia/Shanghai.")
@click.option("--grace", "grace_s", type=click.IntRange(min=10), default=300, show_default=True, help="In seconds.")
@click.option("--severity", type=SEVERITIES, default="critical", show_default=True, help="Severity of its alerts.")
@click.option("--monitor", "monitor_id", type=int, help="The id of the monitor of its alerts.")
@click.option("--label", "labels", multiple=True, metavar="NAME=VALUE", help="A label of its alerts; repeatable.")
def add(name: str, severity: str, labels: tuple[str, ...], **fields: Any) -> None:
    """Add a heartbeat and print its token, which is shown only once.

    For example: nagare heartbeats add nightly-backup --cron "30 2 * * *" --zone Asia/Shanghai --grace 3600
    """
    fields |= {"severity": Severity[severity.upper()], "labels": dict(map(_label, labels)), "enabled": True}
    with open_services() as services:
        made = services.liveness.heartbeats.create({"name": name, **fields})
    _show_token(name, made["token"])


@heartbeats.command()
@NAME
def token(name: str) -> None:
    """Print a new token of a heartbeat; the previous one stops working."""
    with open_services() as services:
        _show_token(name, services.liveness.heartbeats.issue_token(_find_id(services, name)))


@heartbeats.command()
@NAME
@LIMIT
@AS_JSON
def pings(name: str, limit: int, as_json: bool) -> None:
    """List the newest pings of a heartbeat."""
    with open_services() as services:
        page = services.liveness.heartbeats.pings(_find_id(services, name), PageRequest(limit))
    show_page(page, PING_COLUMNS, as_json, f"{name} has never pinged.")


@heartbeats.command()
@NAME
def pause(name: str) -> None:
    """Pause a heartbeat. Its alert is resolved."""
    with open_services() as services:
        services.liveness.heartbeats.update(_find_id(services, name), {"enabled": False})
    click.echo(f"Paused {name}.")


@heartbeats.command()
@NAME
def resume(name: str) -> None:
    """Resume a paused heartbeat. The next ping is expected as if one came now."""
    with open_services() as services:
        services.liveness.heartbeats.update(_find_id(services, name), {"enabled": True})
    click.echo(f"Resumed {name}.")


@heartbeats.command()
@NAME
def remove(name: str) -> None:
    """Remove a heartbeat with its pings. Its alert is resolved."""
    with open_services() as services:
        services.liveness.heartbeats.delete(_find_id(services, name))
    click.echo(f"Removed {name}.")


def _show_token(name: str, token: str) -> None:
    click.echo(f"The address of {name} (shown only now): <nagare's URL>/api/v1/heartbeats/{token}")


def _label(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not (name and sign and value):
        raise click.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--label")
    return name, value


def _find_id(services: Services, name: str) -> int:
    for row in every(services.liveness.heartbeats.list):
        if row["name"] == name:
            return int(row["id"])
    raise NotFound(f"there is no heartbeat {name}")
