"""`nagare connector`: lists the types of monitor and runs the conformance test."""

from collections import Counter
from dataclasses import asdict
from typing import Any, TextIO

import click

from app import logs
from app.cli.access_options import access_fields, access_options, mapping_in
from app.cli.listing import AS_JSON, show, show_json
from app.connectors.base import MonitorAccess
from app.connectors.conformance.results import Outcome, Result
from app.connectors.conformance.run import CHECKS, name_of, run
from app.connectors.registry import BUILT_IN, connector_class, connector_types

LIMIT_S = 150
"""The built-in HTTP client times out after 120 s."""
FAILED = 1
COLOURS = {Outcome.OK: "green", Outcome.FAILED: "red", Outcome.NOT_RUN: "yellow"}
COLUMNS = {"type": "type", "class": "class", "writable": "writable", "built in": "is_built_in"}
RULES = {name_of(check): (check.__doc__ or "").strip() for check in CHECKS}
NAME_WIDTH = max(map(len, RULES))
MARK_WIDTH = max(map(len, Outcome))


@click.group()
def connector() -> None:
    """List the types of monitor, and test a connector."""


@connector.command("list")
@AS_JSON
def list_connectors(as_json: bool) -> None:
    """List the types of monitor, including those of installed packages."""
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
@access_options
@click.option("--mapping-file", type=click.File(), help="File with the field mapping of a generic source, as JSON.")
@click.option(
    "--limit",
    "limit_s",
    type=click.IntRange(min=1),
    default=LIMIT_S,
    show_default=True,
    help="Time limit of one call, in seconds.",
)
@click.option(
    "--only",
    multiple=True,
    type=click.Choice([*RULES]),
    metavar="CHECK",
    help="Run only this check; repeatable.",
)
@AS_JSON
def test(
    type: str,
    url: str,
    mapping_file: TextIO | None,
    limit_s: int,
    only: tuple[str, ...],
    as_json: bool,
    **options: Any,
) -> int:
    """Run the conformance test of the connector TYPE against the monitor at URL.

    The test reads hosts, items and alerts and writes nothing. Then it repeats this with faulty and hostile responses,
    which it sends itself from a local port. Set NAGARE_MONITOR_PASSWORD or --password-file for a password,
    NAGARE_MONITOR_API_TOKEN or --api-token-file for an API token. There are no options for the secrets themselves,
    because other users of this machine can read command lines. The exit code is 1 if a check failed.
    """
    logs.configure_command()
    access = MonitorAccess(url, mapping=mapping_in(mapping_file), **access_fields(options))
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


def _print(result: Result) -> None:
    mark = click.style(f"{result.outcome:<{MARK_WIDTH}}", fg=COLOURS[result.outcome])
    click.echo(f"{mark}  {result.check:<{NAME_WIDTH}}  {result.reason}")
    if result.outcome is Outcome.FAILED:
        click.echo(f"{'':{MARK_WIDTH}}  {'':{NAME_WIDTH}}  rule: {RULES[result.check]}")
