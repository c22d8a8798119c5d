"""Reports the figures: a line in the terminal as soon as one is known, and all of them as JSON."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.figures import Figure

MET = {True: "yes", False: "NO", None: ""}


def short(value: float) -> str:
    """Return a number with three significant digits."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def beside(figure: Figure) -> str:
    """Return the peers' figures as text."""
    return ", ".join(f"{name} {short(value)}" for name, value in figure.beside.items())


def line(row: str, figure: Figure) -> str:
    """Return a figure as one line."""
    ratio = "" if figure.ratio is None else f"; {figure.ratio:.2f} ×"
    others = f"  ({beside(figure)}{ratio})" if figure.beside else ""
    aim = f"  aim {figure.aim}: {MET[figure.is_met]}" if figure.aim else ""
    return f"  {row}: {figure.what}: {short(figure.ours)} {figure.unit}{others}{aim}"


def table(figures: Mapping[str, Sequence[Figure]], failures: Mapping[str, str]) -> Table:
    """Return the table of all rows."""
    shown = Table(title="nagare beside its peers, medians of one run", title_justify="left")
    for name in ("row", "what", "unit"):
        shown.add_column(name, overflow="fold")
    shown.add_column("nagare", justify="right")
    shown.add_column("beside", overflow="fold")
    shown.add_column("×", justify="right")
    shown.add_column("aim")
    shown.add_column("met")
    for row, those in figures.items():
        for each in those:
            ratio = "" if each.ratio is None else f"{each.ratio:.2f}"
            shown.add_row(row, each.what, each.unit, short(each.ours), beside(each), ratio, each.aim, MET[each.is_met])
        if row in failures:
            shown.add_row(row, f"not measured: {failures[row]}", *[""] * 6)
        shown.add_section()
    return shown


def print_table(figures: Mapping[str, Sequence[Figure]], failures: Mapping[str, str]) -> None:
    """Print the table, at full width if the output is no terminal."""
    console = Console()
    console = console if console.is_terminal else Console(width=170)
    console.print(table(figures, failures))


def as_json(
    figures: Mapping[str, Sequence[Figure]], failures: Mapping[str, str], begun_at: datetime, seconds: float
) -> dict[str, object]:
    """Return everything as plain data."""
    return {
        "begun_at": begun_at.isoformat(timespec="seconds"),
        "seconds": round(seconds),
        "machine": {"processors": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()},
        "rows": {
            row: [{**asdict(each), "ratio": each.ratio, "aim": each.aim, "is_met": each.is_met} for each in those]
            for row, those in figures.items()
        },
        "not_measured": dict(failures),
    }


def write_json(path: Path, data: Mapping[str, object]) -> None:
    """Write the data to a file."""
    path.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n")
