"""`nagare connector`: the types of monitor there are, and the conformance test of one of them."""

import os
from collections import Counter
from dataclasses import asdict
from typing import TextIO

import click

from app import logs
from app.cli.listing import AS_JSON, show, show_json
from app.connectors.base import MonitorAccess
from app.connectors.conformance.results import Outcome, Result
from app.connectors.conformance.run import CHECKS, name_of, run
from app.connectors.registry import BUILT_IN, connector_class, connector_types

LIMIT_S = 150
"""The built-in HTTP client gives up after 120 s."""
FAILED = 1
COLOURS = {Outcome.OK: "green", Outcome.FAILED: "red", Outcome.NOT_RUN: "yellow"}
COLUMNS = {"type": "type", "class": "class", "writable": "writable", "built in": "is_built_in"}
RULES = {name_of(check): (check.__doc__ or "").strip() for check in CHECKS}
NAME_WIDTH = max(map(len, RULES))
MARK_WIDTH = max(map(len, Outcome))
PASSWORD_VARIABLE = "NAGARE_MONITOR_PASSWORD"  # noqa: S105 - the name of a variable
API_TOKEN_VARIABLE = "NAGARE_MONITOR_API_TOKEN"  # noqa: S105


@click.group()
def connector() -> None:
    """List the types of monitor, and test a connector."""


@connector.command("list")
@AS_JSON
def list_connectors(as_json: bool) -> None:
    """Show the types of monitor, those of installed packages too."""
    logs.configure_command()
    kinds = [(type, connector_class(type)) for type in connector_types()]
    rows = [
        {
            "type": type,
            "class": f"{kind.__module__}.{kind.__qualname__}",
            "writable": kind.writable,
            "is_built_in": type in BUILT_IN,
        }
        for type, kind in kinds
    ]
    show(rows, COLUMNS, as_json, "")


@connector.command()
@click.argument("type", metavar="TYPE")
@click.argument("url", metavar="URL")
@click.option("--username", help="Who signs in to the monitor.")
@click.option("--password-file", type=click.File(), help="A file with the password; - reads it from standard input.")
@click.option("--api-token-file", type=click.File(), help="A file with the API token; - reads it from standard input.")
@click.option("--limit", "limit_s", default=LIMIT_S, show_default=True, help="Seconds that one operation may take.")
@click.option(
    "--only",
    multiple=True,
    type=click.Choice([*RULES]),
    metavar="CHECK",
    help="Run only this check; can be given several times.",
)
@AS_JSON
def test(
    type: str,
    url: str,
    username: str | None,
    password_file: TextIO | None,
    api_token_file: TextIO | None,
    limit_s: float,
    only: tuple[str, ...],
    as_json: bool,
) -> int:
    """Run the conformance test of the connector TYPE against the monitor at URL.

    It reads the monitor's hosts, items and alerts and writes nothing. Then it plays a monitor that fails, and one that
    is hostile, on a port of this machine. The password is taken from NAGARE_MONITOR_PASSWORD or --password-file, an API
    token from NAGARE_MONITOR_API_TOKEN or --api-token-file: other users can read a command line. The exit code is 1
    when a check failed.
    """
    logs.configure_command()
    password = _read(password_file, PASSWORD_VARIABLE)
    access = MonitorAccess(url, username, password, _read(api_token_file, API_TOKEN_VARIABLE))
    results = []
    for result in run(type, access, limit_s, only):
        results.append(result)
        if not as_json:
            _print(result)
    if as_json:
        show_json([asdict(result) for result in results])
    else:
        counts = Counter(result.outcome for result in results)
        click.echo(", ".join(f"{counts[outcome]} {outcome}" for outcome in Outcome))
    return FAILED if any(result.outcome is Outcome.FAILED for result in results) else 0


def _read(file: TextIO | None, variable: str) -> str | None:
    """Return a secret without the line break that an editor puts behind it; None when none is given."""
    return os.environ.get(variable) if file is None else file.read().rstrip("\r\n")


def _print(result: Result) -> None:
    mark = click.style(f"{result.outcome:<{MARK_WIDTH}}", fg=COLOURS[result.outcome])
    click.echo(f"{mark}  {result.check:<{NAME_WIDTH}}  {result.reason}")
    if result.outcome is Outcome.FAILED:
        click.echo(f"{'':{MARK_WIDTH}}  {'':{NAME_WIDTH}}  rule: {RULES[result.check]}")
