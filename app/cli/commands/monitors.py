"""`nagare monitor`: lists, adds and checks the monitoring systems that nagare connects to."""

from dataclasses import asdict
from typing import Any

import click

from app.cli.access_options import access_fields, access_options
from app.cli.context import open_services
from app.cli.listing import AS_JSON, show, show_json
from app.cli.paging import every
from app.rules.monitor_warnings import warnings_of

FAILED = 1
COLUMNS = {
    "id": "id",
    "name": "name",
    "type": "type",
    "url": "url",
    "status": "status",
    "hosts": "host_count",
    "unreadable hosts": "unreadable_hosts",
    "certificate checked": "verify",
    "last pull": "last_pulled_at",
    "error": "last_error",
}


@click.group()
def monitor() -> None:
    """List, add and check monitors."""


@monitor.command("list")
@AS_JSON
def list_monitors(as_json: bool) -> None:
    """List the monitors."""
    with open_services() as services:
        rows = list(every(services.inventory.monitors.list))
    show(rows, COLUMNS, as_json, "There are no monitors.")


@monitor.command()
@click.argument("name")
@click.argument("type", metavar="TYPE")
@click.argument("url", metavar="[URL]", default="")
@access_options
@click.option("--no-check", is_flag=True, help="Save it although nagare cannot sign in, for example while it is down.")
def add(name: str, type: str, url: str, no_check: bool, **options: Any) -> None:
    """Add a monitor, if nagare can sign in to it.

    Set NAGARE_MONITOR_PASSWORD or --password-file for a password, NAGARE_MONITOR_API_TOKEN or --api-token-file for an
    API token. For example: nagare monitor add main zabbix https://zabbix.example.com --api-token-file token
    """
    fields = {"name": name, "type": type, **({"url": url} if url else {}), **access_fields(options)}
    with open_services() as services:
        made = services.inventory.monitors.create({**fields, "check": not no_check})
    click.echo(f"Added {name}: monitor {made['id']}.")
    for warning in warnings_of(made):
        click.echo(f"Warning: {warning}", err=True)


@monitor.command()
@click.argument("monitor_id", metavar="ID", type=click.IntRange(min=1))
@AS_JSON
def check(monitor_id: int, as_json: bool) -> int:
    """Sign in to a monitor and print its version. The exit code is 1 if that fails."""
    with open_services() as services:
        result = services.inventory.monitors.check(monitor_id)
    if as_json:
        show_json(asdict(result))
    elif result.ok:
        click.echo(f"ok: {result.version}, {result.latency_ms} ms")
    else:
        click.echo(" ".join(filter(None, (result.error, result.advice))))
    return 0 if result.ok else FAILED
