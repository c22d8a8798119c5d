"""Prints rows: as a table for people, whose cells are never truncated, or as JSON for scripts."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import click
from rich.cells import cell_len

from app.enums import TaskType
from app.store.database.pages import Page

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
TYPES = click.Choice([kind.value for kind in TaskType])
TYPE = click.option("--type", type=TYPES, help="Only tasks of this type.")
MONITOR = click.option("--monitor", "monitor_id", type=int, help="Only tasks of the monitor with this id.")
LIMIT = click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)

Rows = Sequence[Mapping[Any, Any]]


def show(rows: Rows, columns: Mapping[str, str], as_json: bool, empty: str) -> None:
    """Print rows; `columns` maps a heading to a field, `empty` is printed when there are no rows.

    A table that is wider than the terminal wraps: a truncated task id could not be copied.
    """
    if as_json:
        show_json(rows)
    elif not rows:
        click.echo(empty)
    else:
        cells = [list(columns), *([_text(row[field]) for field in columns.values()] for row in rows)]
        widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
        for line in cells:
            padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True))
            click.echo("  ".join(padded).rstrip())


def show_page(page: Page, columns: Mapping[str, str], as_json: bool, empty: str) -> None:
    """Print a page like `show`, and say on standard error when there is more."""
    show(page.items, columns, as_json, empty)
    if page.next_cursor:
        click.echo(f"Only the first {len(page.items)} are shown; see --limit.", err=True)


def show_json(value: object) -> None:
    """Print a value as JSON, times as ISO 8601."""
    click.echo(json.dumps(value, indent=2, default=_plain, ensure_ascii=False))


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else str(value)


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else " ".join(str(value).split())
