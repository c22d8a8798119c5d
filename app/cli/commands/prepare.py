"""`nagare prepare`: run by `app/cli/up/preparation.py`; prints a line for each finished step."""

import json
import sys
from contextlib import closing, suppress
from dataclasses import asdict

import click

from app import logs
from app.cli.environment import read_settings
from app.cli.first_start import ensure_admin, ensure_demo, first_monitor_id
from app.cli.up.preparation import FirstSteps
from app.composition import build
from app.errors import NagareError
from app.settings import Settings
from app.store.operation.migrate import upgrade


@click.command(hidden=True)
@click.option("--demo/--no-demo", help="Whether to create the demo fleet on the first start.")
def prepare(demo: bool) -> None:
    """Migrate the database, wait for a line, create the first user and the demo fleet; used by nagare up."""
    logs.configure_command()
    settings = read_settings()
    upgrade(settings.sql_url)
    click.echo("migrated")
    # There is no line when nagare up has ended.
    if sys.stdin.readline():
        click.echo(json.dumps(asdict(take_first_steps(settings, is_demo_wanted=demo))))


def take_first_steps(settings: Settings, *, is_demo_wanted: bool) -> FirstSteps:
    """Create the demo fleet and the first user on the first start; return what to print.

    The user comes last: whoever can sign in finds the fleet, and `/readyz` waits for the user.
    """
    with closing(build(settings)) as services:
        if is_demo_wanted and not services.access.users.is_there_any():
            with suppress(NagareError):  # whatever goes wrong with the demo, there must be a user
                ensure_demo(services)
        generated_password = ensure_admin(services, settings)
        monitor_id = None
        with suppress(NagareError):  # only this start knows the password: it must be printed, whatever else goes wrong
            monitor_id = first_monitor_id(services)
    return FirstSteps(generated_password, monitor_id)
