"""`nagare copy-db`: moves an instance from SQLite to PostgreSQL, or back."""

import os
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from sqlalchemy import make_url

from app import logs
from app.cli.environment import absolute_database, read_settings
from app.cli.listing import AS_JSON, show
from app.errors import SettingsError
from app.services.operation.database_copy import copy_database
from app.urls.database import require_folder, supported_database

COLUMNS = {"table": "name", "rows": "rows", "checksum": "checksum"}
SQLITE = "sqlite:///"


@click.command("copy-db")
@click.argument("source")
@click.argument("target")
@click.option(
    "--while-running", is_flag=True, help="Copy while nagare runs on SOURCE; changes made meanwhile are not copied."
)
@AS_JSON
def copy_db(source: str, target: str, while_running: bool, as_json: bool) -> None:
    """Copy all data from one database to another, empty one.

    SOURCE and TARGET are URLs as in DATABASE_URL, or names of environment variables that contain them. URLs with a
    password must be passed in an environment variable.
    """
    logs.configure_command()
    source_url, target_url = _address("SOURCE", source), _address("TARGET", target)
    if source_url == target_url:
        raise click.UsageError("SOURCE and TARGET are the same database.")
    if source_url.startswith(SQLITE) and not Path(source_url.removeprefix(SQLITE)).is_file():
        raise SettingsError(f"SOURCE: there is no file {source_url.removeprefix(SQLITE)}")
    told = TextColumn("{task.description} {task.completed:>12,} rows")
    console = Console(stderr=True)
    columns = (SpinnerColumn(), told, TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("", total=None)
        copied = copy_database(
            source_url,
            target_url,
            is_running_allowed=while_running,
            tell=lambda name, rows: progress.update(bar, description=f"{name:<22}", completed=rows),
        )
    rows = [asdict(table) for table in copied]
    show(rows, COLUMNS, as_json, "")
    if not as_json:
        click.echo(f"Copied {sum(table.rows for table in copied):,} rows; both databases have the same content.")


def _address(parameter: str, given: str) -> str:
    if "://" not in given:
        return _address_in(parameter, given)
    if make_url(_supported(parameter, given)).password:
        raise SettingsError(
            f"{parameter}: other users of this machine can read a password on a command line: put the URL in an"
            " environment variable and pass the variable's name"
        )
    return absolute_database(parameter, given)


def _address_in(parameter: str, variable: str) -> str:
    if variable == "DATABASE_URL":
        return read_settings().sql_url
    if not os.environ.get(variable):
        raise SettingsError(
            f"{parameter}: neither a database URL nor an environment variable that contains one: {variable}"
        )
    return absolute_database(variable, _supported(variable, os.environ[variable]))


def _supported(name: str, url: str) -> str:
    try:
        supported_database(url)
        require_folder(url)
    except ValueError as error:
        raise SettingsError(f"{name}: {error}") from None
    return url
